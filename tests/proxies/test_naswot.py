import numpy as np
import pytest
import torch
from torch import nn

from prototypenas.errors import ProxyError
from prototypenas.evidence import Evidence, gaussian_probe
from prototypenas.types import Batch, Probe
from proxies.naswot import ACTIVATIONS, ActivationCodes, naswot_score


def _slow_kernel(model: nn.Module, probe: Probe) -> np.ndarray:
    """Count, unit by unit, on which two inputs agree."""
    codes: list[np.ndarray] = []
    hooks = [
        m.register_forward_pre_hook(lambda _, inputs: codes.append((inputs[0] > 0).flatten(1).numpy().copy()))
        for m in model.modules() if isinstance(m, ACTIVATIONS)
    ]  # fmt: skip
    with torch.no_grad():
        model.train()(probe.batches[0].inputs.clone())
    for hook in hooks:
        hook.remove()
    size = len(codes[0])
    return np.array([[sum(int((c[i] == c[j]).sum()) for c in codes) for j in range(size)] for i in range(size)])


def test_kernel_and_score_equal_their_written_definition(network: nn.Module, probe: Probe) -> None:
    expected = _slow_kernel(network, probe)
    assert np.array_equal(Evidence(network, probe).watched(naswot_score.watch).kernel(), expected)
    logarithm = np.log(np.abs(np.linalg.det(expected.astype(float))))
    assert naswot_score(Evidence(network, probe)) == pytest.approx(logarithm, rel=1e-9)


@pytest.mark.parametrize("units", [1, 7, 8, 63, 64, 65, 130])
def test_codes_of_any_length_are_counted_exactly(units: int) -> None:
    inputs = torch.randn(5, units, generator=torch.Generator().manual_seed(units))
    codes = ActivationCodes()
    codes.see(nn.ReLU(), (inputs,), inputs)
    codes.see(nn.ReLU(), (-inputs[:, :1],), inputs)
    on = np.concatenate([inputs.numpy() > 0, -inputs.numpy()[:, :1] > 0], axis=1)
    assert np.array_equal(codes.kernel(), (on[:, None] == on[None]).sum(axis=2))


@pytest.mark.parametrize("kind", [nn.ReLU, nn.ReLU6, nn.SiLU, nn.Hardswish, nn.Mish, nn.ELU])
def test_in_place_activations_keep_the_codes(kind: type[nn.Module]) -> None:
    probe = gaussian_probe((3, 6, 6), 2, batch_size=4)
    layer = nn.Conv2d(3, 4, 3)
    apart = naswot_score(Evidence(nn.Sequential(layer, kind()), probe))
    assert naswot_score(Evidence(nn.Sequential(layer, kind(inplace=True)), probe)) == apart  # type: ignore[call-arg]


def test_no_activation_units_is_an_error() -> None:
    with pytest.raises(ProxyError, match="no activation units"):
        naswot_score(Evidence(nn.Sequential(nn.Conv2d(3, 4, 3)), gaussian_probe((3, 6, 6), 2)))


def test_identical_codes_are_an_error() -> None:
    probe = gaussian_probe((3, 6, 6), 2, batch_size=2)
    twin = Batch(probe.batches[0].inputs[:1].repeat(3, 1, 1, 1), torch.zeros(3, dtype=torch.long))
    same = Probe(probe.sample, (twin, twin))
    with pytest.raises(ProxyError, match="alike"):
        naswot_score(Evidence(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), same))
