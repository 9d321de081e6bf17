import math
from itertools import product

import numpy as np
import pytest

from prototypenas.refinement.halving import RungScore, estimates, survivors


def rung(number: int, place: int, score: float, held_out: int = 400) -> RungScore:
    return RungScore(number, place, 10 * 2**place, 1.0, score, held_out)


def test_the_best_at_each_cost_goes_on():
    scores = {1: 0.3, 2: 0.5, 3: 0.4, 4: 0.6, 5: 0.2}
    flops = {1: 1.0, 2: 2.0, 3: 3.0, 4: 4.0, 5: 5.0}
    assert survivors(scores, flops, 3) == (1, 2, 4), "the Pareto front of FLOPs and score"
    assert survivors(scores, flops, 2) == (2, 4), "the higher scores of it"
    assert survivors(scores, flops, 1) == (4,)
    assert survivors(scores, flops, 4) == (1, 2, 3, 4), "then what is best without those"
    assert survivors(scores, flops, 9) == (1, 2, 3, 4, 5)


@pytest.mark.parametrize("seed", range(20))
def test_nobody_goes_on_before_one_that_beats_it_in_both(seed):
    rng = np.random.default_rng(seed)
    scores = {number: float(rng.integers(5)) / 5 for number in range(12)}
    flops = {number: float(rng.integers(6)) for number in range(12)}
    kept = survivors(scores, flops, 5)
    assert len(set(kept)) == 5 and max(scores.values()) in {scores[number] for number in kept}
    for out, one in product(set(range(12)) - set(kept), kept):
        beaten = scores[out] >= scores[one] and flops[out] <= flops[one]
        assert not beaten or (scores[out], flops[out]) == (scores[one], flops[one])


def test_who_left_early_is_given_the_gain_of_those_who_went_on():
    scores = [rung(1, 0, 0.2), rung(2, 0, 0.4), rung(3, 0, 0.5), rung(2, 1, 0.6), rung(3, 1, 0.7)]
    first, second, third = estimates(scores)
    assert (second.score, third.score) == (0.6, 0.7) and second.rungs == 2

    def odds(share: float) -> float:
        return math.log(share / (1 - share))

    gains = (odds(0.6) - odds(0.4), odds(0.7) - odds(0.5))
    assert odds(first.score) == pytest.approx(odds(0.2) + sum(gains) / 2)
    assert second.error == pytest.approx(math.sqrt(0.6 * 0.4 / 400))
    assert first.error > math.sqrt(first.score * (1 - first.score) / 400), "the unknown gain adds to it"
    assert first.cautious == pytest.approx(first.score - first.error)


def test_scores_at_the_ends_keep_finite_estimates():
    scores = [rung(1, 0, 0.0), rung(2, 0, 1.0), rung(3, 0, 0.5), rung(2, 1, 1.0), rung(3, 1, 0.6)]
    found = estimates(scores)
    assert all(0 <= one.score <= 1 and one.error > 0 and math.isfinite(one.cautious) for one in found)
