"""Equal networks are scored once, in whatever order the work is finished."""

import random

import pytest

from prototypenas.errors import RunDirectoryError
from prototypenas.exploration.candidate_evaluation import Evaluated, Seconds
from prototypenas.exploration.candidate_jobs import Pricing, PricingDone, ScoringDone
from prototypenas.exploration.generation import Generations, count_repeated
from prototypenas.types import (
    Candidate,
    Configuration,
    Cost,
    Footprint,
    GroupConfiguration,
    Invalid,
    Rejected,
    Rejection,
    Scored,
)

GROUPS = (GroupConfiguration(),) * 4


def configuration(width: float) -> Configuration:
    return Configuration("toy", width, GROUPS)


def cost(width: float) -> Cost:
    return Cost(int(1000 * width), 1, Footprint(1, 1, 1, 1, 1, 1, 1, 1))


class Pool:
    """Finishes jobs in an order of its own; widths below 0.1 are no network, those above 4 too large."""

    def __init__(self, seed: int, failing: tuple[int, ...] = ()):
        self.random, self.failing = random.Random(seed), failing
        self.jobs, self.scored = [], []

    def submit(self, job):
        self.jobs.append(job)

    def finished(self):
        job = self.jobs.pop(self.random.randrange(len(self.jobs)))
        one, width = job.candidate, job.candidate.configuration.width
        if isinstance(job, Pricing):
            if width < 0.1:
                return [PricingDone(Evaluated(one.invalid(Rejection("invalid", "no channel")), Seconds(build=1.0)))]
            built = one.built(cost(width), f"{width:.1f}")
            over = built.rejected(Rejection("ram", "too large"))
            return [PricingDone(Evaluated(over if width > 4 else built, Seconds(build=1.0)))]
        self.scored.append(one.number)
        result = one.rejected(Rejection("proxy", "bad")) if one.number in self.failing else one.scored({"a": width})
        return [ScoringDone(Evaluated(result, Seconds(proxies=2.0)))]


def evaluated(widths, *, seed=0, recorded=None, failing=(), first=0):
    pool, heard = Pool(seed, failing), []
    generations = Generations(pool, recorded or {}, heard.extend)
    return generations.evaluate(first, [configuration(width) for width in widths]), pool, heard


@pytest.mark.parametrize("seed", range(8))
def test_the_first_of_equal_networks_is_scored_whatever_finishes_first(seed):
    widths = [1.0, 2.0, 1.01, 0.05, 5.0, 2.02, 1.02]
    found, pool, heard = evaluated(widths, seed=seed)
    assert sorted(pool.scored) == [0, 1]
    assert [type(one) for one in found] == [Scored, Scored, Scored, Invalid, Rejected, Scored, Scored]
    assert found[2].scores == found[6].scores == {"a": 1.0} and found[5].scores == {"a": 2.0}
    assert sorted(one.candidate.number for one in heard) == list(range(7)), "each is told once"
    assert count_repeated(found) == 3


def test_a_repeat_of_one_that_cannot_be_scored_cannot_be_either_and_is_not_tried():
    found, pool, _ = evaluated([1.0, 1.01], failing=(0,))
    assert pool.scored == [0] and all(isinstance(one, Rejected) and one.rejection.kind == "proxy" for one in found)
    assert count_repeated(found) == 1


def test_those_of_most_macs_are_scored_first():
    submitted = []

    class Watched(Pool):
        def submit(self, job):
            super().submit(job)
            if not isinstance(job, Pricing):
                submitted.append(job.candidate.number)

    Generations(Watched(1), {}, lambda news: None).evaluate(0, [configuration(width) for width in (1.0, 3.0, 2.0)])
    assert submitted == [1, 2, 0]


def test_what_is_recorded_is_taken_as_it_is_and_owns_its_network():
    known = Scored(0, configuration(1.0), cost(1.0), "1.0", {"a": 7.0})
    found, pool, heard = evaluated([1.0, 1.01], recorded={0: Evaluated(known)})
    assert found[0] is known and found[1].scores == {"a": 7.0} and not pool.scored
    assert [one.candidate.number for one in heard] == [1], "what is recorded is no news"


def test_another_exploration_than_the_recorded_one_is_refused():
    known = Candidate(0, configuration(3.0)).invalid(Rejection("invalid", "none"))
    with pytest.raises(RunDirectoryError, match="candidate 0 of the journal is"):
        evaluated([1.0], recorded={0: Evaluated(known)})


def test_pricing_and_scoring_are_added_up():
    _, _, heard = evaluated([1.0])
    assert heard[0].seconds == Seconds(build=1.0, proxies=2.0)


def test_what_is_only_priced_is_no_candidate():
    pool = Pool(0)
    generations = Generations(pool, {}, lambda news: pytest.fail("nothing is told"))
    numbers = [one.candidate.number for _ in range(2) for one in generations.price([configuration(1.0)] * 2)]
    assert numbers == [-1, -2, -3, -4] and not pool.scored
