"""Conformance kit for architectures: what every baseline must hold for any configuration."""

from collections.abc import Sequence
from itertools import pairwise
from random import Random

import torch
from torch import Tensor, nn

from prototypenas.errors import InvalidConfiguration, PrototypeNASError
from prototypenas.protocols import Baseline
from prototypenas.prototype import Prototype, kept_channels
from prototypenas.testing.sampling import random_configuration
from prototypenas.types import GROUPS, Configuration, InputShape

_BATCH = 2


class ConformanceError(PrototypeNASError, AssertionError):
    """A plug-in breaks its contract; the message names the configuration and what was expected."""


def check_baseline(
    name: str,
    baseline: Baseline,
    kernels: Sequence[int],
    *,
    input_shape: InputShape,
    num_classes: int = 10,
    samples: int = 20,
    seed: int = 0,
) -> int:
    """Build `samples` random configurations and check each; give the number that were refused as invalid.

    Each network must have four groups of the configured depth, the group's kernel in the first spatial convolution of
    every superblock, its stride in the first superblock only, exactly the channels that its dimensions say, the same
    tensors on the meta device, and finite outputs and gradients.

    Raises:
        ConformanceError: at the first configuration that breaks the contract, or if all are refused.
    """
    random = Random(seed)
    refused = 0
    for _ in range(samples):
        configuration = random_configuration(random, name, kernels)
        try:
            model = baseline(configuration, input_shape, num_classes)
        except InvalidConfiguration:
            refused += 1
            continue
        check_prototype(model, configuration)
        with torch.device("meta"):
            shapes = _shapes(baseline(configuration, input_shape, num_classes))
        _expect(shapes == _shapes(model), configuration, "the network built on the meta device has other tensors")
    if refused == samples:
        raise ConformanceError(f"{name} refuses all of {samples} random configurations at {input_shape}")
    return refused


def check_prototype(model: Prototype, configuration: Configuration) -> None:
    """Check one network against its configuration.

    Raises:
        ConformanceError: if it breaks the contract.
    """
    _check_groups(model, configuration)
    _check_dimensions(model, configuration)
    _check_strides(model, configuration)
    _check_gradients(model, configuration)


def _check_groups(model: Prototype, configuration: Configuration) -> None:
    _expect(len(model.groups) == GROUPS, configuration, f"{len(model.groups)} groups, expected {GROUPS}")
    _expect(model.configuration == configuration, configuration, "the prototype names another configuration")
    for number, (group, searched) in enumerate(zip(model.groups, configuration.groups, strict=True)):
        assert isinstance(group, nn.Sequential)
        _expect(len(group) == searched.depth, configuration, f"group {number} has {len(group)} superblocks")
        for block, superblock in enumerate(group):
            kernel = _first_spatial_kernel(superblock)
            where = f"group {number}, superblock {block}"
            _expect(kernel == searched.kernel, configuration, f"{where}: first spatial kernel is {kernel}")


def _first_spatial_kernel(superblock: nn.Module) -> int:
    convolutions = (module for module in superblock.modules() if isinstance(module, (nn.Conv1d, nn.Conv2d)))
    return next((max(module.kernel_size) for module in convolutions if max(module.kernel_size) > 1), 1)


def _check_dimensions(model: Prototype, configuration: Configuration) -> None:
    modules = dict(model.named_modules())
    names = [dimension.name for dimension in model.dimensions]
    _expect(len(set(names)) == len(names), configuration, "two channel dimensions have one name")
    for dimension in model.dimensions:
        root = modules.get(dimension.root)
        _expect(isinstance(root, (nn.Conv1d, nn.Conv2d)), configuration, f"{dimension.root} is no convolution")
        assert isinstance(root, (nn.Conv1d, nn.Conv2d))
        sparsity = 0.0 if dimension.group is None else configuration.groups[dimension.group].sparsity
        kept = kept_channels(dimension.channels, sparsity)
        _expect(dimension.kept == kept, configuration, f"{dimension} keeps {dimension.kept}, expected {kept}")
        _expect(root.out_channels == kept, configuration, f"{dimension} was built with {root.out_channels} channels")


def _check_strides(model: Prototype, configuration: Configuration) -> None:
    sizes: list[tuple[int, ...]] = []

    def note(module: nn.Module, inputs: tuple[Tensor, ...], outputs: Tensor) -> None:
        sizes.append(tuple(outputs.shape[2:]))

    handles = [module.register_forward_hook(note) for module in (model.stem, *model.groups)]
    try:
        with torch.no_grad():
            model(_inputs(model))
    finally:
        for handle in handles:
            handle.remove()
    for number, ((before, after), searched) in enumerate(zip(pairwise(sizes), configuration.groups, strict=True)):
        expected = tuple(-(-side // searched.stride) for side in before)
        _expect(after == expected, configuration, f"group {number} maps {before} to {after}, expected {expected}")


def _check_gradients(model: Prototype, configuration: Configuration) -> None:
    outputs = model(_inputs(model))
    outputs = outputs if isinstance(outputs, list) else [outputs]
    if not model.levels:
        shape = tuple(outputs[0].shape)
        _expect(shape == (_BATCH, model.num_classes), configuration, f"logits have shape {shape}")
    torch.stack([output.square().mean() for output in outputs]).sum().backward()  # type: ignore[no-untyped-call]
    _expect(all(output.isfinite().all() for output in outputs), configuration, "the outputs are not finite")
    for path, parameter in model.named_parameters():
        gradient = parameter.grad
        _expect(gradient is not None, configuration, f"{path} takes no part in the outputs")
        _expect(gradient is not None and bool(gradient.isfinite().all()), configuration, f"{path}: bad gradient")
    model.zero_grad()


def _inputs(model: Prototype) -> Tensor:
    return torch.randn(_BATCH, *model.input_shape, generator=torch.Generator().manual_seed(0))


def _shapes(model: nn.Module) -> dict[str, tuple[int, ...]]:
    return {path: tuple(tensor.shape) for path, tensor in model.state_dict().items()}


def _expect(holds: bool, configuration: Configuration, complaint: str) -> None:
    if not holds:
        raise ConformanceError(f"{complaint}; built for {configuration}")
