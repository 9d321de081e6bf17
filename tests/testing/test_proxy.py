import copy

import pytest
import torch

from prototypenas.evidence import Evidence
from prototypenas.testing import ConformanceError, check_proxy
from proxies import PROXIES


@pytest.mark.parametrize("name", PROXIES)
def test_every_proxy_of_the_house_conforms(name: str) -> None:
    verdict = check_proxy(name, PROXIES[name])
    assert verdict.cpu_seconds > 0
    assert verdict.score == check_proxy(name, PROXIES[name]).score


def _scores_in_train_mode(evidence: Evidence) -> float:
    return float(evidence.model.train()(evidence.probe.batches[0].inputs).detach().std())


def _scores_a_copy(evidence: Evidence) -> float:
    return float(copy.deepcopy(evidence.model).train()(evidence.probe.batches[0].inputs).detach().std())


def _perturbs_weights(evidence: Evidence) -> float:
    with torch.no_grad():
        for parameter in evidence.model.parameters():
            parameter.abs_()
    return 1.0


def _draws(evidence: Evidence) -> float:
    return float(torch.rand(1))


def _draws_unseeded(evidence: Evidence) -> float:
    return float(torch.rand(1, generator=_generator))


def _leaves_a_hook(evidence: Evidence) -> float:
    evidence.model.register_forward_hook(lambda *_: None)
    return 1.0


def _changes_the_probe(evidence: Evidence) -> float:
    return float(evidence.probe.batches[0].inputs.abs_().mean())


_generator = torch.Generator().manual_seed(0)


def test_a_proxy_on_a_copy_conforms() -> None:
    assert "conforms" in str(check_proxy("copy", _scores_a_copy))


def test_a_proxy_may_overwrite_its_probe() -> None:
    assert "conforms" in str(check_proxy("overwriting", _changes_the_probe))


@pytest.mark.parametrize(
    ("proxy", "reason"),
    [
        (_scores_in_train_mode, "running_mean"),
        (_perturbs_weights, "0.weight has other values"),
        (_draws, "random state"),
        (_draws_unseeded, "seed what is random"),
        (_leaves_a_hook, "1 hooks left behind"),
        (lambda evidence: float("nan"), "gives nan"),
    ],
)
def test_each_breach_of_the_contract_is_named(proxy, reason) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ConformanceError, match=reason):
        check_proxy("breach", proxy)
