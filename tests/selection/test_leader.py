import numpy as np
import pytest

from prototypenas.selection.coverage import coverage
from prototypenas.selection.exact import Solution
from prototypenas.selection.leader import WORTH, leader_of, with_leader, without_worth
from prototypenas.selection.selection_space import objectives_space

FRONT = np.array([[0.0, 1.0, 0.8], [0.4, 0.0, 0.1], [0.6, 0.3, 0.0], [1.0, 0.2, 0.3]])


def test_the_leader_has_the_best_mean_rank_in_all_scores():
    assert leader_of(FRONT) == 1
    assert leader_of(FRONT[:, [0, 2]]) == 2


def test_of_equals_the_cheaper_one_leads():
    assert leader_of(np.array([[0.9, 0.0, 1.0], [0.2, 1.0, 0.0]])) == 1
    assert leader_of(np.array([[0.5], [0.1]])) == 1


def test_costs_are_no_scores():
    assert leader_of(FRONT[:, [1, 0, 2]], costs=2) == 2


@pytest.mark.parametrize("leader", range(4))
def test_every_best_subset_holds_the_leader_at_no_price_of_its_own(leader):
    spaces = objectives_space(FRONT)
    worthy = with_leader(spaces, leader)
    for other in range(4):
        subset = (other, leader) if other != leader else (leader,)
        assert coverage(worthy, subset) == pytest.approx(coverage(spaces, subset) + WORTH)
        assert other == leader or coverage(worthy, (other,)) < WORTH
    found = Solution((leader,), coverage(worthy, (leader,)), coverage(worthy, (leader,)) + 0.1, nodes=1)
    plain = without_worth(found, spaces)
    assert plain.coverage == pytest.approx(coverage(spaces, (leader,)))
    assert plain.upper_bound == pytest.approx(plain.coverage + 0.1)
