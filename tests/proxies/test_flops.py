import pytest
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from prototypenas.evidence import Evidence, gaussian_probe
from prototypenas.types import Probe
from proxies.flops import flops_score


def test_agrees_with_pytorchs_counter(network: nn.Module, probe: Probe) -> None:
    with FlopCounterMode(display=False) as counter:
        network.eval()(probe.sample)
    assert flops_score(Evidence(network, probe)) == counter.get_total_flops()


def test_a_transposed_convolution_multiplies_for_each_input() -> None:
    model = nn.Sequential(nn.ConvTranspose2d(3, 5, 3, stride=2))
    probe = gaussian_probe((3, 8, 8), 2)
    assert flops_score(Evidence(model, probe)) == pytest.approx(2 * 3 * 64 * 5 * 9)
