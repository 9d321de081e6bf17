from dataclasses import replace

import pytest
import torch
from torch import nn

from prototypenas.costing.targets import load_targets
from prototypenas.errors import ConfigurationError, ProxyError
from prototypenas.evidence import gaussian_probe
from prototypenas.exploration.candidate_evaluation import ExplorationTask, evaluate_candidate
from prototypenas.types import Budget, Configuration, GroupConfiguration, Invalid, Rejected, Scored
from proxies import PROXIES
from search_spaces import IMAGE_POOL

SMALL = Configuration("mbednet", 0.5, (GroupConfiguration(kernel=3, stride=2, sparsity=0.3),) * 4)


def scored_by_nothing(evidence):
    raise AssertionError("a candidate that does not fit must not reach a proxy")


def never(evidence):
    raise ProxyError("it never can")


@pytest.fixture
def task():
    target = load_targets()["stm32f746"]
    return ExplorationTask(
        {"mbednet": IMAGE_POOL["mbednet"]},
        {name: PROXIES[name] for name in ("snip", "naswot")},
        (1, 32, 32),
        10,
        target,
        target.budget,
        batch_size=4,
    )


def test_a_candidate_that_fits_has_cost_digest_and_scores(task):
    candidate = evaluate_candidate(3, SMALL, task)
    assert isinstance(candidate, Scored) and candidate.number == 3
    assert candidate.cost.macs > 0 and candidate.digest
    assert set(candidate.scores) == {"snip", "naswot"}


@pytest.mark.parametrize(
    ("limit", "kind"),
    [({"ram_bytes": 100}, "ram"), ({"rom_bytes": 100}, "rom"), ({"ram_bytes": 9, "flops": 9}, "ram+flops")],
)
def test_what_does_not_fit_never_reaches_a_proxy(task, limit, kind):
    strict = replace(task, budget=Budget(**limit), proxies={"snip": scored_by_nothing})
    candidate = evaluate_candidate(0, SMALL, strict)
    assert candidate.rejection.kind == kind
    assert isinstance(candidate, Rejected) and candidate.cost.macs > 0
    assert f"{next(iter(limit.values())):,}" in candidate.rejection.detail


def test_a_configuration_without_a_network_is_rejected_with_its_reason(task):
    nowhere = replace(SMALL, groups=(GroupConfiguration(stride=2),) * 4)
    candidate = evaluate_candidate(0, nowhere, replace(task, input_shape=(1, 8, 8)))
    assert candidate.rejection.kind == "invalid" and "group" in candidate.rejection.detail
    assert isinstance(candidate, Invalid)


def test_a_proxy_that_cannot_score_rejects_with_its_name(task):
    candidate = evaluate_candidate(0, SMALL, replace(task, proxies={"broken": never}))
    assert candidate.rejection.kind == "proxy" and "broken" in candidate.rejection.detail


def test_scores_depend_on_the_seed_and_on_nothing_else(task):
    first = evaluate_candidate(0, SMALL, task).scores
    torch.manual_seed(99)
    nn.Linear(3, 3)
    assert evaluate_candidate(7, SMALL, task).scores == first
    assert evaluate_candidate(0, SMALL, replace(task, seed=1)).scores != first


def test_several_drawings_of_the_weights_are_averaged(task):
    probe = gaussian_probe(task.input_shape, task.num_classes, batch_size=4, seed=0)
    alone = [evaluate_candidate(0, SMALL, replace(task, seed=seed, probe=probe)).scores for seed in (0, 1)]
    both = evaluate_candidate(0, SMALL, replace(task, weight_seeds=2, probe=probe)).scores
    for name, score in both.items():
        assert score == pytest.approx((alone[0][name] + alone[1][name]) / 2)


def test_no_drawing_is_refused(task):
    with pytest.raises(ConfigurationError, match="0 drawings"):
        replace(task, weight_seeds=0)


def test_the_random_state_outside_is_left_alone(task):
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    evaluate_candidate(0, SMALL, task)
    assert torch.equal(torch.rand(1), expected)
