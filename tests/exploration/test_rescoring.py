from dataclasses import replace

import pytest

from prototypenas.costing.targets import load_targets
from prototypenas.exploration.candidate_evaluation import ExplorationTask, evaluate_candidate
from prototypenas.exploration.rescoring import PASSES, rescored
from prototypenas.training.nominal_time import nominal_seconds
from prototypenas.types import Configuration, GroupConfiguration, Rejection
from proxies import PROXIES
from search_spaces import IMAGE_POOL

WIDTHS = (0.25, 0.5, 0.75, 1.0)


@pytest.fixture(scope="module")
def task():
    target = load_targets()["stm32f746"]
    baselines = {"mbednet": IMAGE_POOL["mbednet"]}
    return ExplorationTask(
        baselines, {"channels": PROXIES["channels"]}, (1, 32, 32), 10, target, target.budget, batch_size=4
    )


@pytest.fixture(scope="module")
def explored(task):
    groups = (GroupConfiguration(kernel=3, stride=2),) * 4
    return [
        evaluate_candidate(number, Configuration("mbednet", width, groups), task) for number, width in enumerate(WIDTHS)
    ]


def test_each_different_feasible_network_is_scored_by_the_other_proxies_alone(task, explored):
    other = replace(task, proxies={"snip": PROXIES["snip"]})
    again = [*reversed(explored), replace(explored[0], number=7)]
    again.append(replace(explored[0], number=8, digest="other").rejected(Rejection("ram", "too much")))
    scored = rescored(again, other, seconds=60.0)
    assert [one.number for one in scored] == [0, 1, 2, 3]
    assert [one.scores for one in scored] == [
        evaluate_candidate(one.number, one.configuration, other).scores for one in explored
    ]


def test_scores_that_are_there_are_kept(task, explored):
    marked = [replace(one, scores={"channels": float(one.number), "more": 1.0}) for one in explored]
    scored = rescored(marked, task, seconds=1e-9)
    assert [one.scores for one in scored] == [{"channels": float(number)} for number in range(4)]


def test_little_time_leaves_candidates_out_evenly(task, explored):
    other = replace(task, proxies={"snip": PROXIES["snip"]})
    samples = PASSES * other.batch_size
    half = 0.55 * sum(nominal_seconds(one.cost.flops, samples) for one in explored)
    assert [one.number for one in rescored(explored, other, seconds=half)] == [0, 3]
    assert len(rescored(explored, other, seconds=1e-9)) == 1
