from torch import nn

from prototypenas.evidence import Evidence, gaussian_probe
from proxies.params import params_score


def test_counts_every_parameter_once() -> None:
    shared = nn.Conv2d(3, 3, 3)
    model = nn.Sequential(shared, nn.BatchNorm2d(3), shared)
    assert params_score(Evidence(model, gaussian_probe((3, 8, 8), 2))) == 3 * 27 + 3 + 6
