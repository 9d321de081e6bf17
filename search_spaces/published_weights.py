"""Weights that somebody published for ProxylessNAS or MCUNet, read into the same network here.

Both projects (github.com/mit-han-lab) name their parts alike: `first_conv`, `blocks.<n>` with `inverted_bottleneck`,
`depth_conv` and `point_linear` in a `mobile_inverted_conv` or `conv`, `feature_mix_layer`, `classifier`. A block that
was left out keeps its number there, so blocks are taken in the order of their numbers. The files are the user's own to
get; their licence was not read here.
"""

import pickle
import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from prototypenas.choices import choose
from prototypenas.errors import DatasetError
from search_spaces.pools import PUBLISHED
from search_spaces.published import PublishedNetwork

WRAPPERS = ("state_dict_top1", "state_dict", "model_state_dict")
"""Keys under which checkpoints keep the tensors."""
_BLOCK = re.compile(r"blocks\.(\d+)\.(?:mobile_inverted_conv|conv)\.(\w+)\.(conv|bn|norm|depth_conv)\.(.+)")
_UNITS = {"inverted_bottleneck": "expand", "depth_conv": "depthwise", "point_linear": "project"}


def load_published(name: str, file: Path, num_classes: int | None = None) -> nn.Module:
    """Build a published network with the weights of a file, in evaluation mode.

    With another number of classes than the file has, the classifier keeps new weights.

    Raises:
        ConfigurationError: for a name that is no published list of blocks.
        DatasetError: if the file cannot be read, or a tensor is missing, left over, or of another shape.
    """
    tables = {key: one for key, one in PUBLISHED.items() if one.table is not None}
    published = choose("published network", name, tables)
    network = published.build(num_classes or published.num_classes)
    given = renamed(_tensors(file), published, file)
    wanted = dict(network.state_dict())
    if num_classes not in (None, published.num_classes):
        given = {key: value for key, value in given.items() if not _of_classifier(key)}
        wanted = {key: value for key, value in wanted.items() if not _of_classifier(key)}
    _check(given, wanted, file)
    network.load_state_dict(given, strict=False)
    return network.eval()


def renamed(tensors: Mapping[str, Tensor], published: PublishedNetwork, file: Path) -> dict[str, Tensor]:
    """Return the tensors under the names that they have here, each of them once.

    Raises:
        DatasetError: for a name that stands for no part.
    """
    assert published.table is not None
    numbers = sorted({int(match[1]) for name in tensors if (match := _BLOCK.fullmatch(name))})
    # The first block is the unexpanded one of the stem here.
    places = {number: "0.1" if place == 0 else f"1.{place - 1}" for place, number in enumerate(numbers)}
    found = {}
    for name, tensor in tensors.items():
        new = _renamed(name, places, mixes=published.table.mix is not None)
        if new is None:
            raise DatasetError(f"{file} holds {name!r}, which no part of the network is called")
        found[new] = tensor
    return found


def _renamed(name: str, places: Mapping[int, str], *, mixes: bool) -> str | None:
    if match := _BLOCK.fullmatch(name):
        unit = _UNITS.get(match[2])
        layer = 1 if match[3] in ("bn", "norm") else 0
        return None if unit is None else f"{places[int(match[1])]}.{unit}.{layer}.{match[4].removeprefix('conv.')}"
    for prefix, place in (("first_conv", "0.0"), ("feature_mix_layer", "2.0")):
        if match := re.fullmatch(rf"{prefix}\.(conv|bn|norm)\.(.+)", name):
            return f"{place}.{0 if match[1] == 'conv' else 1}.{match[2]}"
    if match := re.fullmatch(r"classifier\.(?:linear\.)?(weight|bias)", name):
        return f"2.{3 if mixes else 2}.{match[1]}"
    return None


def _of_classifier(name: str) -> bool:
    return re.fullmatch(r"2\.[23]\.(weight|bias)", name) is not None


def _check(given: Mapping[str, Tensor], wanted: Mapping[str, Tensor], file: Path) -> None:
    for name in sorted(wanted.keys() - given.keys()):
        if not name.endswith("num_batches_tracked"):
            raise DatasetError(f"{file} lacks a tensor for {name} of {tuple(wanted[name].shape)}")
    for name in sorted(given.keys() - wanted.keys()):
        raise DatasetError(f"{file} has a tensor too many, for {name} of {tuple(given[name].shape)}")
    for name, tensor in given.items():
        if tensor.shape != wanted[name].shape:
            raise DatasetError(
                f"{file} has {tuple(tensor.shape)} for {name}, which is {tuple(wanted[name].shape)} in this network"
            )


def _tensors(file: Path) -> dict[str, Tensor]:
    try:
        content = torch.load(file, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, EOFError, ValueError, LookupError, pickle.UnpicklingError) as error:
        reason = str(error).partition("\n")[0]
        raise DatasetError(f"{file} is no checkpoint of tensors: {reason}") from error
    for key in WRAPPERS:
        if isinstance(content, Mapping) and key in content:
            content = content[key]
    if not isinstance(content, Mapping) or not all(isinstance(value, Tensor) for value in content.values()):
        raise DatasetError(f"{file} is no checkpoint of tensors")
    return {str(name).removeprefix("module."): value for name, value in content.items()}
