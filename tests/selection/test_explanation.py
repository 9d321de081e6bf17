import numpy as np
import pytest

from prototypenas.objectives import COSTS, proxy_objective
from prototypenas.selection.explanation import reasons_for
from prototypenas.selection.hypervolume import hypervolume, normalisation_over
from prototypenas.selection.pareto import Objectives

NAMES = (COSTS["flops"], proxy_objective("a"), proxy_objective("same"))
VALUES = np.array([[1e6, -1.0, -5.0], [3e6, -2.0, -5.0], [8e6, -4.0, -5.0]])
SCALE = normalisation_over(tuple(one.name for one in NAMES), VALUES)


def reasons(chosen, values=VALUES, names=NAMES):
    return reasons_for((10, 20, 30)[: len(values)], Objectives(names, values), chosen, SCALE)


def test_leads_are_told_apart_from_those_of_the_front_and_constants_tell_nothing():
    cheap, middle = reasons((0, 1))
    assert (cheap.candidate, middle.candidate) == (10, 20)
    assert cheap.leads == cheap.best_of_front == ("flops",)
    assert middle.leads == ("a",) and middle.best_of_front == ()


def test_the_share_is_what_the_others_do_not_cover():
    points = SCALE.apply(VALUES)
    whole = hypervolume(points, SCALE.reference)
    for row, reason in enumerate(reasons((0, 1, 2))):
        without = hypervolume(np.delete(points, row, axis=0), SCALE.reference)
        assert reason.exclusive_hypervolume == pytest.approx((whole - without) / whole)


def test_sentences_name_the_most_accurate_the_cheapest_and_the_step_between():
    cheap, middle, best = (reason.sentence for reason in reasons((0, 1, 2)))
    assert best.startswith("Expected to be the most accurate that fits")
    assert cheap.startswith("As the cheapest chosen") and "1.0 MFLOPs" in cheap
    assert middle.startswith("As a step between") and "3.0 MFLOPs" in middle


def test_a_front_of_one_needs_no_comparison():
    (only,) = reasons((0,), VALUES[:1])
    assert only.sentence == "The only model of the front, 1.0 MFLOPs."


def test_another_first_objective_is_named_in_its_unit():
    names = (COSTS["ram"], *NAMES[1:])
    cheap = reasons_for((1, 2, 3), Objectives(names, VALUES), (0, 2), SCALE)[0].sentence
    assert "1000.0 kB of RAM" in cheap
