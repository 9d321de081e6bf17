import numpy as np
import pytest
from torch import nn

from prototypenas.evidence import Evidence
from prototypenas.types import Probe
from proxies.jacobian_covariance import jacobian_covariance_score


def test_equals_its_written_definition_input_by_input(network: nn.Module, probe: Probe) -> None:
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    inputs = probe.batches[0].inputs.clone().requires_grad_()
    network.train()(inputs.clone()).sum().backward()
    assert inputs.grad is not None
    values = np.linalg.eigvalsh(np.corrcoef(inputs.grad.flatten(1).numpy())) + 1e-5
    expected = -np.sum(np.log(values) + 1 / values)
    assert jacobian_covariance_score(Evidence(network, probe)) == pytest.approx(expected, rel=1e-6)
