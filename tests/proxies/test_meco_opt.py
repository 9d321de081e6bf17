import numpy as np
import pytest
import torch
from torch import nn

from prototypenas.evidence import Evidence, gaussian_probe
from prototypenas.types import Probe
from proxies.meco import meco_score
from proxies.meco_opt import meco_opt_score


def test_equals_meco_on_maps_of_at_most_eight_channels() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 7, 3), nn.ReLU(), nn.Conv2d(7, 8, 3), nn.BatchNorm2d(8), nn.ReLU())
    evidence = Evidence(model.double(), _double_probe())
    assert meco_opt_score(evidence) == pytest.approx(meco_score(evidence), rel=1e-9)


def test_weighs_the_drawn_channels_by_their_share() -> None:
    torch.manual_seed(0)
    model = nn.Conv2d(3, 20, 3).double()
    probe = _double_probe()
    drawn = torch.randperm(20, generator=torch.Generator().manual_seed(0))[:8]
    with torch.no_grad():
        rows = model(probe.sample)[0].flatten(1)[drawn].numpy()
    expected = 20 / 8 * np.linalg.eigvalsh(np.corrcoef(rows)).min()
    assert meco_opt_score(Evidence(model, probe)) == pytest.approx(expected, rel=1e-9)


def test_draws_the_same_channels_every_time(network: nn.Module, probe: Probe) -> None:
    assert meco_opt_score(Evidence(network, probe)) == meco_opt_score(Evidence(network, probe))


def _double_probe() -> Probe:
    probe = gaussian_probe((3, 12, 12), 2, batch_size=2)
    return Probe(probe.sample.double(), probe.batches)
