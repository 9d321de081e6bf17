"""A candidate's ways, what fits a budget, and values that cannot be."""

from dataclasses import replace

import pytest

from prototypenas.errors import ConfigurationError
from prototypenas.objectives import COSTS, Limit
from prototypenas.types import (
    Budget,
    Built,
    Candidate,
    Configuration,
    Cost,
    Evaluation,
    Footprint,
    GroupConfiguration,
    Invalid,
    Rejected,
    Rejection,
    Scored,
)

GROUPS = (GroupConfiguration(sparsity=0.5),) * 4
COST = Cost(500, 90, Footprint(100, 20, 30, 40, 5, 6, 7, 8, 1000, 2000))


def test_a_candidate_is_invalid_or_built_and_then_rejected_or_scored():
    asked, why = Candidate(3, Configuration("toy", 1.0, GROUPS)), Rejection("ram", "over")
    built = asked.built(COST, "d")
    assert asked.invalid(why) == Invalid(3, asked.configuration, why)
    assert built.rejected(why) == Rejected(3, asked.configuration, COST, "d", why)
    assert built.scored({"a": 1.0}) == Scored(3, asked.configuration, COST, "d", {"a": 1.0})
    for one in (built.rejected(why), built.scored({})):
        assert isinstance(one, Built) and one != built
    assert built.scored({"a": 1.0}).scored({"b": 2.0}).scores == {"b": 2.0}, "scores replace one another"


def test_parts_of_a_footprint_add_up_and_flops_are_twice_the_macs():
    assert (COST.footprint.ram_bytes, COST.footprint.rom_bytes, COST.flops) == (1150, 2066, 1000)


@pytest.mark.parametrize(
    ("budget", "kind"),
    [
        (Budget(), ""),
        (Budget(ram_bytes=1150, rom_bytes=2066, flops=1000), ""),
        (Budget(ram_bytes=1149), "ram"),
        (Budget(rom_bytes=2065, flops=999), "rom+flops"),
        (Budget(more=(Limit(COSTS["parameters"], 89),)), "parameters"),
    ],
)
def test_what_exactly_meets_every_limit_fits(budget, kind):
    found = budget.rejection(COST)
    assert (found.kind if found else "") == kind
    violations = budget.violations(COST)
    assert {"ram", "rom", "flops"} <= set(violations)
    assert "+".join(name for name, excess in violations.items() if excess > 0) == kind


def test_limits_are_positive():
    with pytest.raises(ConfigurationError, match="RAM limit is 0; it must be positive"):
        Budget(ram_bytes=0)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("depth", 0), ("depth", 101), ("kernel", 4), ("kernel", -1), ("stride", 3), ("sparsity", 1.0), ("sparsity", -0.1)],
)
def test_a_group_that_cannot_be_is_refused(name, wrong):
    with pytest.raises(ConfigurationError, match=f"{name} is {wrong}"):
        GroupConfiguration(**{name: wrong})


def test_a_configuration_has_four_groups_and_knows_itself_before_pruning():
    for wrong in ({"width": 0.0}, {"width": 8.1}, {"groups": GROUPS[:3]}):
        with pytest.raises(ConfigurationError):
            replace(Configuration("toy", 1.0, GROUPS), **wrong)
    assert {group.sparsity for group in Configuration("toy", 1.0, GROUPS).unpruned().groups} == {0.0}


def test_only_a_share_of_samples_has_a_standard_error():
    one = Evaluation("accuracy", 0.9, 0.9, 0.8, 100, 1.0)
    assert one.standard_error == pytest.approx(0.04)
    assert replace(one, metric="map50").standard_error == replace(one, test_samples=0).standard_error == 0.0
