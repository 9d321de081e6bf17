"""Checkpoints in the released form: every tensor used once, the network computes the same, faults name the first."""

import pytest
import torch

from prototypenas.errors import ConfigurationError, DatasetError
from search_spaces import PUBLISHED
from search_spaces.published_weights import load_published

NAME = "mcunet-in1"
UNITS = {"expand": "inverted_bottleneck", "depthwise": "depth_conv", "project": "point_linear"}


def released_form(name: str, state: dict[str, torch.Tensor], *, gap: int = 0) -> dict[str, torch.Tensor]:
    """The names of the published programs; `gap` numbers are left out after the first block."""
    found = {}
    mixes = PUBLISHED[name].table.mix is not None
    for key, value in state.items():
        parts = key.split(".")
        if parts[:2] == ["0", "0"]:
            new = f"first_conv.{'bn' if parts[2] == '1' else 'conv'}.{parts[3]}"
        elif parts[:2] == ["0", "1"] or parts[0] == "1":
            number, rest = (0, parts[2:]) if parts[0] == "0" else (int(parts[1]) + 1 + gap, parts[2:])
            layer = "bn" if rest[1] == "1" else "conv"
            new = f"blocks.{number}.mobile_inverted_conv.{UNITS[rest[0]]}.{layer}.{rest[2]}"
        elif mixes and parts[1] == "0":
            new = f"feature_mix_layer.{'bn' if parts[2] == '1' else 'conv'}.{parts[3]}"
        else:
            new = f"classifier.linear.{parts[2]}"
        found[new] = value
    return found


@pytest.fixture
def network():
    torch.manual_seed(0)
    return PUBLISHED[NAME].build(1000).eval()


@pytest.mark.parametrize("wrapper", [None, "state_dict", "state_dict_top1"])
def test_the_network_computes_what_the_released_one_does(network, wrapper, tmp_path):
    tensors = {f"module.{key}": value for key, value in released_form(NAME, network.state_dict(), gap=3).items()}
    torch.save(tensors if wrapper is None else {wrapper: tensors}, tmp_path / "released.pth")
    found = load_published(NAME, tmp_path / "released.pth")
    inputs = torch.randn(1, 3, 96, 96)
    with torch.no_grad():
        assert torch.equal(found(inputs), network(inputs))
    other = load_published(NAME, tmp_path / "released.pth", num_classes=10)
    with torch.no_grad():
        assert other(inputs).shape == (1, 10)
    assert torch.equal(other[0][0][0].weight, network[0][0][0].weight)


def test_a_network_with_a_mix_layer_is_named_too(tmp_path):
    with torch.no_grad():
        proxyless = PUBLISHED["proxylessnas-mobile"].build(1000)
    torch.save(released_form("proxylessnas-mobile", proxyless.state_dict()), tmp_path / "released.pth")
    found = load_published("proxylessnas-mobile", tmp_path / "released.pth")
    for key, value in proxyless.state_dict().items():
        assert torch.equal(found.state_dict()[key], value)


def test_missing_spare_and_misshaped_tensors_and_other_files_are_refused(network, tmp_path):
    file, whole = tmp_path / "released.pth", released_form(NAME, network.state_dict())
    first = "first_conv.conv.weight"
    for change, message in (
        (lambda one: one.pop(first), r"lacks a tensor for 0\.0\.0\.weight"),
        (lambda one: one.update({"blocks.1.mobile_inverted_conv.depth_conv.conv.bias": torch.zeros(3)}), "too many"),
        (lambda one: one.update({"teacher.weight": torch.zeros(3)}), "'teacher.weight', which no part"),
        (lambda one: one.update({first: torch.zeros(3)}), r"has \(3,\) for 0\.0\.0\.weight"),
    ):
        changed = dict(whole)
        change(changed)
        torch.save(changed, file)
        with pytest.raises(DatasetError, match=message):
            load_published(NAME, file)
    for content in (b"", b"half"):
        file.write_bytes(content)
        with pytest.raises(DatasetError, match="no checkpoint of tensors"):
            load_published(NAME, file)
    with pytest.raises(ConfigurationError, match="unknown published network"):
        load_published("resnet18", file)
