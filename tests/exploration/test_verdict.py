import pytest

from prototypenas.errors import NothingFits, ProxyError
from prototypenas.exploration.verdict import (
    FAILED_FROM_THE_START,
    SCORED_BEFORE_VERDICT,
    UNSCORED,
    ProxyFailures,
    refuse_nothing_feasible,
)
from prototypenas.types import (
    Budget,
    Configuration,
    Cost,
    Footprint,
    GroupConfiguration,
    Invalid,
    Rejected,
    Rejection,
    Scored,
)

CONFIGURATION = Configuration("mbednet", 1.0, (GroupConfiguration(1, 3, 1, 0.0),) * 4)
BUDGET = Budget(ram_bytes=1000, rom_bytes=2000, flops=10_000)


def fitting(number: int) -> Scored:
    return Scored(number, CONFIGURATION, costing(1, 1, 1), str(number), {"snip": 1.0})


def rejected(number: int, kind: str, detail: str = "why", cost: Cost | None = None) -> Invalid | Rejected:
    rejection = Rejection(kind, detail)
    if cost is None:
        return Invalid(number, CONFIGURATION, rejection)
    return Rejected(number, CONFIGURATION, cost, str(number), rejection)


def costing(ram: int, rom: int, macs: int) -> Cost:
    return Cost(macs, 1, Footprint(ram, 0, 0, rom, 0, 0, 0, 0))


@pytest.mark.parametrize(("failed", "ends"), [(10, False), (11, True)])
def test_more_than_half_of_what_fits_must_be_scored(failed, ends):
    reached = [rejected(number, "proxy", f"snip: reason {number}") for number in range(failed)]
    reached += [fitting(number) for number in range(failed, SCORED_BEFORE_VERDICT)]
    candidates = [*reached, *(rejected(100 + number, "ram") for number in range(50))]
    if ends:
        with pytest.raises(ProxyError, match=rf"{failed} of 20 .* the last: snip: reason {failed - 1}"):
            ProxyFailures().refuse_broken_proxy(candidates)
    else:
        ProxyFailures().refuse_broken_proxy(candidates)


@pytest.mark.parametrize("kind", UNSCORED)
def test_what_can_never_be_scored_is_found_at_the_first_candidates(kind):
    failures = ProxyFailures()
    for number in range(FAILED_FROM_THE_START - 1):
        failures.refuse_hopeless_proxy([rejected(number, kind), rejected(100 + number, "ram")])
    with pytest.raises(ProxyError, match="none of the first 6 candidates can be scored; the last: the reason"):
        failures.refuse_hopeless_proxy([rejected(50, kind, "the reason")])


def test_a_single_score_puts_off_the_verdict():
    failures = ProxyFailures()
    failures.refuse_hopeless_proxy([fitting(0)])
    failures.refuse_hopeless_proxy([rejected(number, "proxy") for number in range(1, 30)])
    resumed = ProxyFailures()
    resumed.refuse_broken_proxy([fitting(0)])
    resumed.refuse_hopeless_proxy([rejected(number, "proxy") for number in range(1, 30)])


def test_a_few_failures_at_the_start_are_no_verdict():
    ProxyFailures().refuse_broken_proxy([rejected(number, "proxy") for number in range(SCORED_BEFORE_VERDICT - 1)])


def test_failures_are_counted_over_all_generations():
    failures = ProxyFailures()
    failures.refuse_broken_proxy([rejected(number, "proxy") for number in range(SCORED_BEFORE_VERDICT - 1)])
    with pytest.raises(ProxyError, match=f"{SCORED_BEFORE_VERDICT} of {SCORED_BEFORE_VERDICT}"):
        failures.refuse_broken_proxy([rejected(100, "proxy", "the last straw")])


def test_one_scored_candidate_is_enough():
    refuse_nothing_feasible([rejected(0, "ram"), fitting(1)], BUDGET)


def test_the_closest_candidate_and_the_least_of_each_are_told():
    candidates = [
        rejected(0, "ram", "RAM is over", costing(9000, 100, 50)),
        rejected(1, "rom", "ROM is over", costing(900, 2100, 4000)),
        rejected(2, "flops", "FLOPs are over", costing(100, 1900, 90_000)),
        rejected(3, "invalid"),
    ]
    said = (
        r"none of 4 candidates fits; the closest is number 1 \(mbednet\): 900 bytes of RAM, 2,100 bytes of ROM, "
        r"8,000 FLOPs; it breaks: ROM is over; the least of each .*: 100 bytes of RAM, 100 bytes of ROM, 100 FLOPs"
    )
    with pytest.raises(NothingFits, match=said):
        refuse_nothing_feasible(candidates, BUDGET)


def test_what_fits_but_cannot_be_scored_is_the_proxies_fault():
    with pytest.raises(ProxyError, match="no candidate can be scored: naswot: no activation units"):
        refuse_nothing_feasible([rejected(0, "ram"), rejected(1, "proxy", "naswot: no activation units")], BUDGET)


def test_networks_that_cannot_be_built_say_why():
    first = rejected(0, "invalid", "group 1: nothing left")
    with pytest.raises(NothingFits, match="none of 2 networks can be built: group 1: nothing left"):
        refuse_nothing_feasible([first, rejected(1, "invalid")], BUDGET)
