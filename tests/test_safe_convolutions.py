"""Gradients of strided 1x1 convolutions of few channels, which oneDNN computes beyond its buffer, are right."""

import pytest
import torch
from torch import Tensor, nn

from prototypenas.evidence import gaussian_probe, score_prototype
from prototypenas.safe_convolutions import SafeConvolutions
from proxies import PROXIES
from tests.strided_pointwise import StridedPointwise, own_network


def gradients(layer: nn.Module, inputs: Tensor) -> list[Tensor]:
    return list(torch.autograd.grad(layer(inputs).square().sum(), [inputs, *layer.parameters()]))


@pytest.mark.parametrize(("channels", "groups"), [(4, 1), (5, 1), (8, 1), (10, 2), (5, 5)])
@pytest.mark.parametrize("stride", [2, (1, 2)])
@pytest.mark.parametrize("bias", [True, False])
def test_gradients_are_those_of_float64(channels, groups, stride, bias):
    torch.manual_seed(0)
    layer = nn.Conv2d(channels, 14 * groups, 1, stride=stride, groups=groups, bias=bias)
    inputs = torch.randn(32, channels, 8, 8).contiguous(memory_format=torch.channels_last).requires_grad_()
    with SafeConvolutions():
        for _ in range(3):  # unsafe, the overrun shows after a few rounds: the process aborts
            found = gradients(layer, inputs)
    exact = nn.Conv2d(channels, 14 * groups, 1, stride=stride, groups=groups, bias=bias).double()
    exact.load_state_dict(layer.state_dict())
    expected = gradients(exact, inputs.detach().double().contiguous().requires_grad_())
    assert all(torch.allclose(a.double(), b, atol=1e-3) for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize(
    ("kernel", "stride", "padding"), [(1, 1, 0), (1, 2, 1), (3, 2, 1), (3, (2, 1), "valid"), (1, (3, 2), "valid")]
)
def test_every_convolution_gives_what_it_gives_without(kernel, stride, padding):
    layer = nn.Conv2d(3, 4, kernel, stride=stride, padding=padding)
    inputs = torch.randn(2, 3, 9, 7)
    with SafeConvolutions():
        found = layer(inputs)
    torch.testing.assert_close(found, layer(inputs))


@pytest.mark.parametrize("name", ["snip", "synflow", "jacobian_covariance"])
def test_scores_of_a_users_own_network_are_safe(name):
    with StridedPointwise() as strided:
        score_prototype(own_network(), gaussian_probe((1, 8, 8), 10, batch_size=4, seed=0), {name: PROXIES[name]})
    assert strided.differentiated == 0


def test_the_watch_sees_what_is_not_safe():
    with StridedPointwise() as strided:
        own_network()(torch.randn(2, 1, 8, 8)).sum().backward()
    assert strided.differentiated == 1
