import math

import numpy as np
import pytest
import torch
from torch import nn

from prototypenas.errors import ProxyError
from prototypenas.evidence import Evidence, gaussian_probe
from prototypenas.types import Probe
from proxies.zico import layer_ratio, zico_score


def _slow(model: nn.Module, probe: Probe) -> float:
    """The reference manner: gradients by backward, batch by batch, then mean and population deviation."""
    model.train()
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.eval()
    gradients: dict[str, list[np.ndarray]] = {}
    for batch in probe.batches:
        model.zero_grad(set_to_none=True)
        probe.loss(model(batch.inputs.clone()), batch.targets).backward()
        for path, module in model.named_modules():
            if isinstance(module, nn.Conv1d | nn.Conv2d | nn.Linear) and module.weight.grad is not None:
                gradients.setdefault(path, []).append(module.weight.grad.numpy().copy().ravel())
    total = 0.0
    for layer in gradients.values():
        stacked = np.array(layer)
        deviation = stacked.std(axis=0)
        kept = deviation != 0
        if kept.any():
            total += math.log((np.abs(stacked).mean(axis=0)[kept] / deviation[kept]).sum())
    return total


def test_equals_its_written_definition_on_two_batches(network: nn.Module, probe: Probe) -> None:
    assert zico_score(Evidence(network, probe)) == pytest.approx(_slow(network, probe), rel=1e-6)


def test_equals_its_written_definition_on_three_batches(network: nn.Module, three_batches: Probe) -> None:
    assert zico_score(Evidence(network, three_batches)) == pytest.approx(_slow(network, three_batches), rel=1e-6)


@pytest.mark.parametrize("batches", [2, 3])
def test_weights_with_equal_gradients_are_left_out(batches: int) -> None:
    gradients = [torch.tensor([1.0 + i, 0.1, 0.0]) for i in range(batches)]
    expected = np.mean([1.0 + i for i in range(batches)]) / np.std([1.0 + i for i in range(batches)])
    assert layer_ratio(gradients) == pytest.approx(expected)


def test_ratio_of_two_opposite_gradients_is_one() -> None:
    assert layer_ratio([torch.full((7,), 2.0), torch.full((7,), -3.0)]) == pytest.approx(7.0)


def test_chunks_add_up_to_the_whole() -> None:
    first, second = torch.randn(2, 200_000, generator=torch.Generator().manual_seed(0)).double()
    whole = ((first.abs() + second.abs()) / (first - second).abs()).sum()
    assert layer_ratio([first, second]) == pytest.approx(float(whole), rel=1e-12)


def test_equal_batches_are_an_error() -> None:
    probe = gaussian_probe((3, 8, 8), 2)
    same = Probe(probe.sample, (probe.batches[0], probe.batches[0]))
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 2))
    with pytest.raises(ProxyError, match="no gradient differs"):
        zico_score(Evidence(model, same))
