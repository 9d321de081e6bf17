import numpy as np
import pytest

from prototypenas.errors import ConfigurationError
from prototypenas.refinement.plan import FEWEST_STEPS, SECONDS_PER_TRAINING, chosen_entrants, planned
from prototypenas.selection.pareto import nondominated, objectives_of
from prototypenas.training.nominal_time import nominal_seconds
from prototypenas.types import Configuration, Cost, Footprint, GroupConfiguration, Rejected, Rejection, Scored

CONFIGURATION = Configuration("mbednet", 1.0, (GroupConfiguration(),) * 4)
FOOTPRINT = Footprint(1, 1, 1, 1, 1, 1, 1, 1)


def candidates(count: int, seed: int = 0) -> list[Scored]:
    rng = np.random.default_rng(seed)
    macs = np.exp(rng.uniform(np.log(1e5), np.log(1e7), count)).astype(int)
    scores = rng.normal(size=(count, 2)) + np.log(macs)[:, None] / 4
    return [
        Scored(
            number,
            CONFIGURATION,
            Cost(int(macs[number]), 10, FOOTPRINT),
            str(number),
            {"a": float(scores[number, 0]), "b": float(scores[number, 1])},
        )
        for number in range(count)
    ]


def nominal_total(pool: list[Scored], plan, batch_size: int) -> float:
    by_number = {one.number: one for one in pool}
    mean = np.mean([nominal_seconds(by_number[number].cost.flops, batch_size) for number in plan.candidates])
    work = sum(count * plan.steps * 2**rung for rung, count in enumerate(plan.rungs))
    return float(mean * work + sum(plan.rungs) * SECONDS_PER_TRAINING)


@pytest.mark.parametrize("seconds", [60.0, 150.0, 600.0, 3_000.0])
def test_a_budget_is_used_but_not_overspent(seconds):
    pool = candidates(80)
    plan = planned(pool, seconds=seconds, batch_size=32, most_steps=10**6)
    assert 0.8 * seconds < nominal_total(pool, plan, 32) <= seconds
    assert plan.steps >= FEWEST_STEPS
    assert plan.rungs[0] == len(plan.candidates) == len(set(plan.candidates))
    assert all(after == -(-before // 2) for before, after in zip(plan.rungs, plan.rungs[1:], strict=False))
    assert plan.rungs[-1] <= 4


def test_more_minutes_take_more_candidates_then_more_steps():
    plans = [planned(candidates(80), seconds=s, batch_size=32, most_steps=10**6) for s in (60, 200, 800, 3_200)]
    sizes = [len(plan.candidates) for plan in plans]
    assert sizes == sorted(sizes) and sizes[-1] == 32
    assert plans[-1].steps > plans[1].steps


def test_no_candidate_trains_longer_than_a_whole_training():
    plan = planned(candidates(40), seconds=10_000, batch_size=32, most_steps=700)
    assert plan.units * plan.steps <= 700 and plan.units_after(len(plan.rungs) - 1) == plan.units


def test_too_small_a_budget_says_what_is_needed():
    with pytest.raises(ConfigurationError, match=r"0\.01 minutes of refinement are too few; about \d+\.\d are needed"):
        planned(candidates(10), seconds=0.6, batch_size=32, most_steps=1_000)


def test_entrants_are_half_front_half_others_over_all_costs():
    pool = candidates(100)
    front = {pool[row].number for row in nondominated(objectives_of(pool).values)}
    entrants = chosen_entrants(pool, 16)
    flops = [one.cost.flops for one in entrants]
    assert len(entrants) == 16 and flops == sorted(flops)
    assert sum(one.number in front for one in entrants) == min(len(front), 8)
    assert flops[0] < np.quantile([one.cost.flops for one in pool], 0.2)
    assert flops[-1] > np.quantile([one.cost.flops for one in pool], 0.8)


def test_a_small_pool_is_taken_whole_and_equal_networks_once():
    pool = candidates(5)
    twin = Scored(9, CONFIGURATION, pool[0].cost, pool[0].digest, pool[0].scores)
    out = Rejected(10, CONFIGURATION, pool[0].cost, "10", Rejection("ram", "too much"))
    assert sorted(one.number for one in chosen_entrants([*pool, twin, out], 5)) == [0, 1, 2, 3, 4]
    one = chosen_entrants([*pool[:1], twin], 1)
    assert [candidate.number for candidate in one] == [0]
