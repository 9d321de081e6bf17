"""Selection spaces: in which objectives the chosen few shall cover the front.

The front is always that of all objectives, FLOPs and all proxies unless others are asked for. A hypervolume over all of
these is earned where the proxies are many and agree, which is the expensive end; spaces that merge the proxies into one
axis spread the choice along the costs again. `docs/selection.md` measures them for FLOPs as the only cost.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from prototypenas.errors import ConfigurationError
from prototypenas.selection.coverage import Merit, Spaces, space_of

NormalisedFront = NDArray[np.float64]
"""`(n, m)` in `[0, 1]`, lower is better: first the costs (one, unless said otherwise), then the proxies."""

DEFAULT_SPACE = "merit"
"""The measured winner of `docs/selection.md`."""

MERIT = 0.02
"""What the model with the best mean rank is worth by itself, beside a whole front of 1.

Enough to take a second model from the top where two stand nearly level, as the proxies cannot tell which of them is
better; more of it buys no accuracy and loses the small models.
"""


def objectives_space(front: NormalisedFront, costs: int = 1) -> Spaces:
    """Every objective apart: the paper's rule."""
    return (space_of("objectives", front),)


def consensus_space(front: NormalisedFront, costs: int = 1) -> Spaces:
    """The costs and the mean rank of the proxies: a plane where there is one cost."""
    return (space_of("consensus", _merged(front, costs, np.mean)),)


def cautious_space(front: NormalisedFront, costs: int = 1) -> Spaces:
    """The costs and the worst rank any proxy gives."""
    return (space_of("cautious", _merged(front, costs, np.max)),)


def joint_space(front: NormalisedFront, costs: int = 1) -> Spaces:
    """Objectives and consensus plane with equal weight."""
    return (
        space_of("objectives", front, share=0.5),
        space_of("consensus", _merged(front, costs, np.mean), share=0.5),
    )


def merit_space(front: NormalisedFront, costs: int = 1) -> Spaces:
    """The consensus plane, and for each model a small merit that falls from the best mean rank to the worst."""
    plane = consensus_space(front, costs)
    if not 0 < costs < front.shape[1]:
        return plane
    ranks = expected_ranks(front, costs)
    span = float(np.ptp(ranks)) or 1.0
    return (*plane, Merit(MERIT * (ranks.max() - ranks) / span))


SPACES: Mapping[str, Callable[[NormalisedFront, int], Spaces]] = {
    "objectives": objectives_space,
    "consensus": consensus_space,
    "cautious": cautious_space,
    "joint": joint_space,
    "merit": merit_space,
}


def spaces_named(name: str, front: NormalisedFront, costs: int = 1) -> Spaces:
    """Build the spaces of a named selection space over a normalised front.

    Raises:
        ConfigurationError: for an unknown name.
    """
    if name not in SPACES:
        raise ConfigurationError(f"selection space {name!r} is unknown; there are {', '.join(SPACES)}")
    return SPACES[name](front, costs)


def expected_ranks(front: NormalisedFront, costs: int = 1) -> NDArray[np.float64]:
    """Return the mean rank of each point over all proxies, `(n,)`, 0 the best; all 0 where there is no proxy.

    This is the estimate of accuracy that the selection goes by.
    """
    if front.shape[1] <= costs:
        return np.zeros(len(front))
    return np.asarray(proxy_ranks(front, costs).mean(axis=1), dtype=np.float64)


def proxy_ranks(front: NormalisedFront, costs: int = 1) -> NDArray[np.float64]:
    """Return each proxy's ranks over the front, `(n, proxies)`, 0 the best and 1 the worst; ties share their mean."""
    ranks = np.column_stack([_ranks(column) for column in front.T[costs:]])
    return np.asarray(ranks / max(1, len(front) - 1), dtype=np.float64)


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count) - 1
    return (last - (count - 1) / 2)[place]


def _merged(front: NormalisedFront, costs: int, merge: Callable[..., NDArray[np.float64]]) -> NormalisedFront:
    """Return the front with one column in place of all proxies; as it is where there are no costs, or no proxies."""
    if not 0 < costs < front.shape[1]:
        return front
    return np.column_stack([front[:, :costs], merge(proxy_ranks(front, costs), axis=1)])
