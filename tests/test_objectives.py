"""Signs and limits: one place for all."""

from dataclasses import replace

import pytest

from prototypenas.errors import ConfigurationError
from prototypenas.objectives import (
    COSTS,
    FLOPS,
    Goals,
    Limit,
    Objective,
    Origin,
    cost_count,
    costs_first,
    default_objectives,
    label_of,
    proxy_objective,
    score_names,
)
from prototypenas.types import Budget, Configuration, Cost, Footprint, GroupConfiguration, Scored

COST = Cost(
    macs=500_000,
    parameters=900,
    footprint=Footprint(1000, 24, 512, 2000, 30, 50, 400, 9000),
    latency_ms=12.5,
    energy_mj=3.0,
    own={"wear": 0.25, "slack": 7.0},
)
CANDIDATE = Scored(4, Configuration("toy", 1.0, (GroupConfiguration(),) * 4), COST, "d", {"snip": 2.0})
SLACK = Objective("slack", Origin.COST, minimised=False, unit="rows")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("flops", 1_000_000),
        ("macs", 500_000),
        ("parameters", 900),
        ("ram", 1536),
        ("rom", 11_480),
        ("latency", 12.5),
        ("energy", 3.0),
    ],
)
def test_every_cost_is_read_and_minimised(name, value):
    cost = COSTS[name]
    assert cost.value(CANDIDATE) == cost.of_cost(COST) == cost.oriented(value) == value
    assert cost.minimised and cost.origin is Origin.COST


def test_a_score_is_maximised_and_comes_back_as_it_was():
    snip = proxy_objective("snip")
    assert snip.value(CANDIDATE) == 2.0 and snip.oriented(2.0) == -2.0 and snip.oriented(snip.oriented(2.0)) == 2.0
    assert snip.oriented(3.0) < snip.oriented(2.0) and FLOPS.oriented(3.0) > FLOPS.oriented(2.0)


def test_a_value_that_is_not_there_is_refused():
    with pytest.raises(ConfigurationError, match=r"candidate 4 was scored by \['snip'\], not by meco"):
        proxy_objective("meco").value(CANDIDATE)
    with pytest.raises(ConfigurationError, match="latency is not known"):
        COSTS["latency"].of_cost(replace(COST, latency_ms=None))


def test_a_limit_is_broken_by_its_share_in_either_sense():
    most = Limit(COSTS["latency"], 10.0)
    assert most.excess(COST) == 0.25 and most.broken_by(COST) == "12.5 ms of latency, at most 10"
    least = Limit(SLACK, 10.0)
    assert least.excess(COST) == pytest.approx(0.3) and least.broken_by(COST) == "7 rows, at least 10"
    for kept in (Limit(COSTS["latency"], 12.5), Limit(SLACK, 7.0)):
        assert kept.excess(COST) == 0.0 and not kept.broken_by(COST)
    for value in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ConfigurationError, match="the RAM limit is"):
            Limit(COSTS["ram"], value)


def test_a_budget_rejects_by_every_limit_it_breaks_and_only_those():
    budget = Budget(ram_bytes=1000, rom_bytes=20_000, more=(Limit(COSTS["latency"], 10.0), Limit(SLACK, 5.0)))
    rejection = budget.rejection(COST)
    assert rejection is not None and rejection.kind == "ram+latency"
    assert rejection.detail == "1,536 bytes of RAM, at most 1,000; 12.5 ms of latency, at most 10"
    assert budget.violations(COST).keys() == {"ram", "rom", "flops", "latency", "slack"}
    assert {name for name, excess in budget.violations(COST).items() if excess > 0} == {"ram", "latency"}
    assert budget.violations(COST)["flops"] == -1.0
    assert Budget().rejection(COST) is None


def test_costs_stand_first_and_the_rest_keeps_its_order():
    mixed = (proxy_objective("b"), COSTS["latency"], proxy_objective("a"), FLOPS)
    assert [one.name for one in costs_first(mixed)] == ["latency", "flops", "b", "a"]
    assert cost_count(mixed) == 2 and score_names(mixed) == ("b", "a")
    assert [one.name for one in default_objectives(("b", "a"))] == ["flops", "b", "a"]


def test_amounts_and_labels_are_those_of_the_field():
    assert FLOPS.amount(3_210_000) == "3.2 MFLOPs" and COSTS["ram"].amount(2048) == "2.0 kB of RAM"
    assert SLACK.amount(7.0) == "7 rows" and SLACK.label == "slack [rows]" and label_of("slack") == "slack"
    assert FLOPS.label == label_of("flops") == "MFLOPs" and proxy_objective("meco").label == "MeCo"
    assert FLOPS.exactly(1_000_000) == "1,000,000 FLOPs"


def test_constraints_have_one_name_each_whatever_is_limited():
    budget = Budget(ram_bytes=1, more=(Limit(COSTS["latency"], 1.0),))
    assert Goals((FLOPS,), budget).constraints == ("ram", "rom", "flops", "latency")
    assert Goals((FLOPS,), Budget()).constraints == ("ram", "rom", "flops")
