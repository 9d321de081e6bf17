import numpy as np
import pytest
import torch
from torch import Tensor, nn

from prototypenas.errors import ProxyError
from prototypenas.evidence import Evidence, gaussian_probe
from prototypenas.types import Probe
from proxies.meco import correlations, meco_all_modules_score, meco_score


def _outputs(model: nn.Module, sample: Tensor, *, all_modules: bool) -> list[np.ndarray]:
    """Every module's output for the lone sample, copied as it is when the module returns."""
    seen: list[np.ndarray] = []
    modules = [m for m in model.modules() if all_modules or not list(m.children())]
    hooks = [
        m.register_forward_hook(lambda _, __, out: seen.append(out[0].numpy().reshape(out.shape[1], -1).copy()))
        for m in modules
    ]
    model.train()
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.eval()
    with torch.no_grad():
        model(sample.clone())
    for hook in hooks:
        hook.remove()
    return seen


def _least_eigenvalue(rows: np.ndarray) -> float:
    """Pearson correlations one by one; those of a constant row count as 0."""
    channels = len(rows)
    matrix = np.zeros((channels, channels))
    for i in range(channels):
        for j in range(channels):
            if np.ptp(rows[i]) > 0 and np.ptp(rows[j]) > 0:
                a, b = rows[i] - rows[i].mean(), rows[j] - rows[j].mean()
                matrix[i, j] = (a @ b) / np.sqrt((a @ a) * (b @ b))
    return float(np.linalg.eig(matrix)[0].real.min())


@pytest.mark.parametrize("all_modules", [False, True])
def test_equals_its_written_definition(network: nn.Module, probe: Probe, all_modules: bool) -> None:
    expected = sum(_least_eigenvalue(rows) for rows in _outputs(network, probe.sample, all_modules=all_modules))
    proxy = meco_all_modules_score if all_modules else meco_score
    assert expected > 0.1
    assert proxy(Evidence(network, probe)) == pytest.approx(expected, rel=1e-9)


def test_containers_count_again_only_when_all_modules_do() -> None:
    probe = gaussian_probe((3, 12, 12), 2, batch_size=2)
    nested = nn.Sequential(nn.Sequential(nn.Conv2d(3, 4, 3)))
    once = meco_score(Evidence(nested, probe))
    assert once > 0.0
    assert meco_all_modules_score(Evidence(nested, probe)) == pytest.approx(3 * once)


def test_one_channel_is_independent_and_a_constant_row_is_not() -> None:
    varied = torch.randn(1, 9, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(correlations(varied), torch.ones(1, 1))  # type: ignore[arg-type]
    assert correlations(torch.full((1, 9), 0.1)) is None


@pytest.mark.parametrize("offset", [0.0, 1.0, 1e4])
def test_small_variation_on_a_large_mean_is_no_constant(offset: float) -> None:
    rows = offset + 1e-2 * torch.randn(3, 50, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert correlations(rows) is not None
    rows[1] = 0.1 + offset
    assert correlations(rows) is None


def test_more_channels_than_centred_positions_is_singular() -> None:
    rows = torch.randn(5, 5, generator=torch.Generator().manual_seed(0))
    assert correlations(rows) is None
    assert correlations(rows[:4]) is not None


def test_zero_scale_normalisation_kills_its_channel() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    probe = gaussian_probe((3, 12, 12), 2, batch_size=2)
    both = meco_score(Evidence(model, probe))
    with torch.no_grad():
        model[1].weight[1] = 0.0
    assert meco_score(Evidence(model, probe)) == pytest.approx(both / 2)


def test_normalisation_of_one_value_a_channel_does_not_fail() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.BatchNorm2d(4), nn.ReLU())
    probe = gaussian_probe((3, 12, 12), 2, batch_size=2)
    assert meco_score(Evidence(model, probe)) == pytest.approx(meco_score(Evidence(model[0], probe)))


def test_values_that_are_not_finite_are_an_error() -> None:
    model = nn.Sequential(nn.Conv2d(3, 4, 3))
    with torch.no_grad():
        model[0].weight[0, 0, 0, 0] = torch.nan
    with pytest.raises(ProxyError, match="not finite"):
        meco_score(Evidence(model, gaussian_probe((3, 12, 12), 2, batch_size=2)))
