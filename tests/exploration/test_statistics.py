from dataclasses import replace

from prototypenas.exploration.candidate_evaluation import Seconds
from prototypenas.exploration.statistics import statistics_of
from prototypenas.types import (
    Configuration,
    Cost,
    Explored,
    Footprint,
    GroupConfiguration,
    Rejected,
    Rejection,
    Scored,
)

CONFIGURATION = Configuration("mbednet", 1.0, (GroupConfiguration(1, 3, 1, 0.0),) * 4)
COST = Cost(1000, 10, Footprint(1, 1, 1, 1, 1, 1, 1, 1))
SCORED = Scored(0, CONFIGURATION, COST, "same", {"snip": 1.0})
TOO_LARGE = Rejected(1, CONFIGURATION, COST, "large", Rejection("ram", "over"))


def statistics(*candidates: Explored, proxies: float = 30.0):
    return statistics_of(
        candidates,
        priced_besides=0,
        evaluation=Seconds(build=4.0, lower=3.0, plan=2.0, proxies=proxies),
        sampler_seconds=0.5,
        bookkeeping_seconds=0.5,
        wall_seconds=21.4,
    )


def test_candidates_are_counted_by_what_became_of_them():
    found = statistics(SCORED, TOO_LARGE, replace(SCORED, number=2), replace(TOO_LARGE, number=3))
    assert (found.explored, found.feasible, found.repeated, found.rejected) == (4, 2, 1, {"ram": 2})
    assert found.outside_proxies == 0.25
    assert found.summary() == (
        "4 explored in 21 s: 2 feasible (1 of them repeated), rejected: 2 by ram; 25% of the work outside the proxies"
    )


def test_an_exploration_without_proxy_passes_divides_by_nothing():
    assert statistics(TOO_LARGE, proxies=0.0).outside_proxies == 1.0
    assert "rejected: none" in statistics(SCORED).summary()
