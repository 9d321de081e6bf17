from collections.abc import Callable

import pytest
import torch
from torch import nn

from prototypenas.evidence import NetworkState

CHANGES: dict[str, Callable[[nn.Sequential], object]] = {
    "0.weight has other values": lambda m: m[0].weight.data.add_(1.0),
    "0.weight has other requires_grad": lambda m: m[0].weight.requires_grad_(False),
    "0.bias has other gradients": lambda m: setattr(m[0].bias, "grad", torch.ones(4)),
    "1.running_mean has other values": lambda m: m(torch.randn(2, 3, 6, 6)),
    "1 left in eval mode": lambda m: m[1].eval(),
    "0.weight has other values ": lambda m: setattr(m[0], "weight", nn.Parameter(torch.zeros(4, 3, 3, 3))),
    "1.running_var has other values": lambda m: m.double(),
}


@pytest.mark.parametrize("expected", CHANGES)
def test_every_kind_of_change_is_named_and_put_back(expected: str) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU())
    objects = dict(model.named_parameters())
    model[1].weight.grad = torch.ones(4)
    state = NetworkState(model)
    assert state.differences() == ()
    CHANGES[expected](model)
    assert expected.strip() in state.differences()
    state.restore()
    assert state.differences() == ()
    assert all(parameter is objects[name] for name, parameter in model.named_parameters())
    assert model[0].weight.dtype == torch.float32


def test_a_hook_left_behind_is_named() -> None:
    model = nn.Sequential(nn.ReLU())
    state = NetworkState(model)
    model[0].register_forward_hook(lambda *_: None)
    assert state.differences() == ("1 hooks left behind",)
