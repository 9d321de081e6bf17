"""The model expected to be the most accurate, which a selection contains whatever else it covers.

Without it a small `keep` hands over only cheap models: in a plane of FLOPs and expected accuracy, one model of the
middle covers more than the best one at the dear end.
"""

from dataclasses import replace

import numpy as np

from prototypenas.selection.coverage import Merit, Spaces, coverage
from prototypenas.selection.exact import Solution
from prototypenas.selection.selection_space import NormalisedFront, expected_ranks

WORTH = 100.0
"""What the leader is worth by itself while subsets are searched: more than any subset covers (1, and small merits), so
that every best subset contains it."""


def leader_of(front: NormalisedFront, costs: int = 1) -> int:
    """Return the row with the best mean rank in all scores; of equals the one that is best in the first column."""
    ranks = expected_ranks(front, costs)
    return int(np.lexsort((front[:, 0], ranks))[0])


def with_leader(spaces: Spaces, leader: int) -> Spaces:
    """Return spaces whose best subset of any size contains the leader."""
    worth = np.zeros(spaces[0].points)
    worth[leader] = WORTH
    return (*spaces, Merit(worth))


def without_worth(solution: Solution, spaces: Spaces) -> Solution:
    """Return the solution with its coverage and bound in the spaces without the leader's worth."""
    covered = coverage(spaces, solution.subset)
    bound = covered if solution.optimal else max(covered, solution.upper_bound - WORTH)
    return replace(solution, coverage=covered, upper_bound=bound)
