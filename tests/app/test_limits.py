import pytest

from prototypenas.app.limits import limited_budget, parsed_limits
from prototypenas.errors import ConfigurationError
from prototypenas.objectives import COSTS, Limit, Objective, Origin
from prototypenas.types import Budget

WEAR = Objective("wear", Origin.COST, minimised=True)
KNOWN = {**COSTS, "wear": WEAR}


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("ram=256KiB", "ram", 256 * 1024),
        ("rom=1MiB", "rom", 1024**2),
        ("flops=250M", "flops", 250_000_000),
        ("macs=10k", "macs", 10_000),
        ("parameters=1000", "parameters", 1000),
        ("latency=50ms", "latency", 50.0),
        ("latency=0.05s", "latency", 50.0),
        ("latency=50", "latency", 50.0),
        ("latency = 500 us", "latency", 0.5),
        ("energy=2J", "energy", 2000.0),
        ("energy=1.5mJ", "energy", 1.5),
        ("wear=0.125", "wear", 0.125),
        ("wear=1e-3", "wear", 0.001),
    ],
)
def test_amounts_are_read_in_the_units_of_their_cost(text, name, value):
    (limit,) = parsed_limits([text], KNOWN).values()
    assert limit == Limit(KNOWN[name], value)


def test_several_stand_together_and_a_later_one_wins():
    found = parsed_limits(["ram=1KiB,latency=5ms", "ram=2KiB"], KNOWN)
    assert {name: limit.value for name, limit in found.items()} == {"ram": 2048, "latency": 5.0}


def test_given_limits_take_the_place_of_the_targets_own():
    own = Budget(ram_bytes=1, rom_bytes=2, flops=3, more=(Limit(COSTS["latency"], 4.0), Limit(WEAR, 5.0)))
    given = tuple(parsed_limits(["ram=10,latency=40ms,macs=7"], KNOWN).values())
    limits = {limit.objective.name: limit.value for limit in limited_budget(own, given).limits()}
    assert limits == {"ram": 10, "rom": 2, "flops": 3, "latency": 40.0, "wear": 5.0, "macs": 7}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("latncy=5", "unknown limit 'latncy'; did you mean latency"),
        ("latency", "has no amount"),
        ("latency=", "latency is ''"),
        ("latency=fast", "give a number, or one with us, ms, s"),
        ("latency=-5ms", "latency is '-5ms'"),
        ("latency=0ms", "the latency limit is 0; it must be positive"),
        ("wear=5%", "wear is '5%'; give a number$"),
        ("ram=5ms", "RAM is '5ms'"),
    ],
)
def test_what_is_no_limit_is_refused(text, said):
    with pytest.raises(ConfigurationError, match=said):
        parsed_limits([text], KNOWN)
