from dataclasses import replace

import pytest

from prototypenas.exploration.candidate_evaluation import evaluate_candidate
from prototypenas.exploration.samplers import create_sampler
from prototypenas.reporting.importance import FEWEST_TRIALS, FRONT, importance_figure, parameter_importance
from prototypenas.testing.stub_task import StubTask
from prototypenas.types import Budget, Scored

TASK = StubTask(budget=Budget())
GOALS = TASK.goals.objectives


def explored(space, trials):
    asked = create_sampler("random", space, goals=TASK.goals, population=trials, seed=0).ask(trials)
    found = (evaluate_candidate(number, one, TASK) for number, one in enumerate(asked))
    return [one for one in found if isinstance(one, Scored)]


def test_what_decides_an_objective_comes_first_whether_minimised_or_maximised(space):
    shares = parameter_importance(explored(space, 400), space, GOALS)
    assert list(shares) == [FRONT, *(one.name for one in GOALS)]
    assert max(shares["breadth"], key=shares["breadth"].get) == "width"
    assert max(shares["length"], key=shares["length"].get).endswith("_depth")
    assert all(sum(values.values()) == pytest.approx(1.0) for values in shares.values())


def test_a_constant_objective_tells_nothing(space):
    same = [replace(one, scores={**one.scores, "length": 1.0}) for one in explored(space, 100)]
    assert "length" not in parameter_importance(same, space, GOALS)


def test_too_few_candidates_say_nothing(space):
    assert parameter_importance(explored(space, 400)[: FEWEST_TRIALS - 1], space, GOALS) == {}


def test_figure_writes_every_share():
    figure = importance_figure({"flops": {"width": 0.75, "depth": 0.25}, "meco": {"width": 0.1, "depth": 0.9}})
    texts = sorted(text.get_text() for text in figure.axes[0].texts)
    assert texts == ["10", "25", "75", "90"]
    # the parameter with the largest sum stands first
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["depth", "width"]
