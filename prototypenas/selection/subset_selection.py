"""Choose the few candidates to train: Pareto filter, common scale, and the best subset with its proof."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from prototypenas.choices import choose
from prototypenas.errors import ConfigurationError, NothingFits
from prototypenas.objectives import Objective
from prototypenas.selection.coverage import Spaces, coverage
from prototypenas.selection.evolutionary import evolved_subset
from prototypenas.selection.exact import Solution, best_subset
from prototypenas.selection.explanation import Reason, reasons_for
from prototypenas.selection.hypervolume import Normalisation, hypervolume, normalisation_over
from prototypenas.selection.leader import leader_of, with_leader, without_worth
from prototypenas.selection.local_search import greedy_subset, local_search_subset
from prototypenas.selection.pareto import Objectives, nondominated, objectives_of
from prototypenas.selection.plane import best_subsets, is_plane
from prototypenas.selection.selection_space import DEFAULT_SPACE, spaces_named
from prototypenas.types import Explored, Rejected, Scored

WORTHWHILE_GAIN = 0.03
"""Share by which one more model must raise the coverage to be kept, where `keep` is a range.

In the default space, on the fronts of four explorations of 30 to 500 candidates, the third model added 3.8 to 8.2 %,
the fourth 2.6 to 6.2 % and the fifth 2.2 to 4.1 %.
"""

SOLVERS: Mapping[str, str] = {
    "exact": "the best subset, with its proof",
    "evolutionary": "the paper's evolution of bit strings",
    "greedy": "one model after the other, each the one that adds most",
}
"""Names of the solvers, and what they are."""

TIME_LIMIT = 20.0
"""Seconds for the proof; the search itself takes milliseconds."""


@dataclass(frozen=True, repr=False)
class Selection:
    """The chosen models, how good the choice is, and everything needed to compute that again."""

    chosen: tuple[Scored, ...]
    """In order of the first objective, which is a cost wherever there is one; FLOPs unless asked otherwise."""
    front: tuple[Scored, ...]
    """The Pareto front it was chosen from, in the same order."""
    objectives: tuple[Objective, ...]
    """What it is the front of, costs first; FLOPs and the proxies unless asked otherwise."""
    space: str
    coverage: float
    """What the chosen are worth in the selection space: their share of the front's hypervolume there, and merits."""
    upper_bound: float
    """No subset of this size is worth more; equal to `coverage` where the choice is proven best."""
    hypervolume: float
    """Of the chosen in all normalised objectives, whatever the selection space."""
    front_hypervolume: float
    """The same of the whole front."""
    normalisation: Normalisation
    reasons: tuple[Reason, ...]
    """One for each of `chosen`, in its order."""
    note: str = ""
    """What was unusual: a front smaller than wanted, a range cut short."""

    @property
    def optimal(self) -> bool:
        """Whether no subset of this size is better."""
        return self.upper_bound <= self.coverage * (1.0 + 1e-9)

    @property
    def share_of_best(self) -> float:
        """Least share of the best possible coverage that is proven, at most 1."""
        return min(1.0, self.coverage / self.upper_bound)

    @property
    def verdict(self) -> str:
        """The proof in words."""
        if self.optimal:
            return "optimal"
        return f"at least {np.floor(1000.0 * self.share_of_best) / 10.0:.1f} % of the best possible"

    def __repr__(self) -> str:
        trials = ", ".join(str(candidate.number) for candidate in self.chosen)
        return f"<Selection of trials {trials} from a front of {len(self.front)}, {self.verdict} in {self.space}>"

    def _repr_html_(self) -> str:
        from prototypenas.reporting.notebook import table_html  # noqa: PLC0415  (reporting imports this module)
        from prototypenas.reporting.tables import choice_table  # noqa: PLC0415

        return f"<p>{self.verdict} in {self.space}; {self.note}</p>{table_html(choice_table(self))}"


def select(
    candidates: Sequence[Explored],
    *,
    objectives: Sequence[Objective] | None = None,
    keep: int | tuple[int, int] = 5,
    space: str = DEFAULT_SPACE,
    leader: bool = True,
    solver: str = "exact",
    seed: int = 0,
    time_limit: float = TIME_LIMIT,
) -> Selection:
    """Choose `keep` candidates that cover the feasible Pareto front best.

    Objectives are FLOPs and every proxy score unless others are named. With `leader`, the model of the best mean proxy
    rank, expected to be the most accurate, is always among the chosen. A range `(3, 5)` gives the smallest number after
    which one more model adds less than `WORTHWHILE_GAIN`. Where the proof ends within `time_limit` seconds the result
    depends on the seed only among equally good subsets. Of other solvers than `exact` the bound says how much
    better a subset could be.

    Raises:
        ConfigurationError: for `keep` below 1, an unknown space or solver, or scores that are not finite or not of
            the same proxies.
        NothingFits: if no candidate is feasible.
    """
    least, most = _range(keep)
    front, read = _front_of(candidates, objectives)
    scale = normalisation_over(read.names, read.values)
    choose("solver", solver, SOLVERS)
    normalised = scale.apply(read.values)
    spaces = spaces_named(space, normalised, read.costs)
    required = leader_of(normalised, read.costs) if leader else None
    solve = _solve_for(spaces, required, solver, most=min(most, len(front)), seed=seed, time_limit=time_limit)
    solution = _smallest_worthwhile(spaces, (least, most), solve)
    return _described(front, read, scale, space=space, solution=solution, note=_note(len(front), least, most))


def restored_selection(
    candidates: Sequence[Explored],
    numbers: Sequence[int],
    *,
    objectives: Sequence[Objective] | None = None,
    space: str,
    upper_bound: float,
    note: str = "",
) -> Selection:
    """Return the selection of which only the candidates' numbers, the space and the bound were kept.

    Raises:
        ConfigurationError: if there is no number, or one not on the front of these candidates, or the space is unknown.
        NothingFits: if no candidate is feasible.
    """
    front, read = _front_of(candidates, objectives)
    places = {candidate.number: row for row, candidate in enumerate(front)}
    missing = [number for number in numbers if number not in places]
    if not numbers:
        raise ConfigurationError("no candidate was chosen; select again")
    if missing:
        raise ConfigurationError(f"candidates {missing} are not on the front; select again")
    scale = normalisation_over(read.names, read.values)
    subset = tuple(sorted(places[number] for number in numbers))
    covered = coverage(spaces_named(space, scale.apply(read.values), read.costs), subset)
    solution = Solution(subset, covered, max(covered, upper_bound), 0)
    return _described(front, read, scale, space=space, solution=solution, note=note)


def _front_of(
    candidates: Sequence[Explored], objectives: Sequence[Objective] | None
) -> tuple[tuple[Scored, ...], Objectives]:
    """Return the feasible front in order of its first objective, and its objectives."""
    feasible = [candidate for candidate in candidates if isinstance(candidate, Scored)]
    if not feasible:
        raise NothingFits(_why_nothing_fits(candidates))
    everyone = objectives_of(feasible, objectives)
    rows = nondominated(everyone.values)
    rows = rows[np.lexsort((rows, everyone.values[rows, 0]))]
    return tuple(feasible[row] for row in rows), Objectives(everyone.objectives, everyone.values[rows])


def _range(keep: int | tuple[int, int]) -> tuple[int, int]:
    least, most = (keep, keep) if isinstance(keep, int) else keep
    if least < 1 or most < least:
        raise ConfigurationError(f"keep is {keep}; it must be at least 1, and a range must not fall")
    return least, most


def _smallest_worthwhile(spaces: Spaces, sizes: tuple[int, int], solve: Callable[[int], Solution]) -> Solution:
    """Return the subset of the least size, or of a larger one where each further model was worth it."""
    points = spaces[0].points
    if points <= sizes[0]:
        whole = coverage(spaces, range(points))
        return Solution(tuple(range(points)), whole, whole, 0)
    solution = solve(sizes[0])
    for size in range(sizes[0] + 1, min(sizes[1], points) + 1):
        larger = solve(size)
        if larger.coverage < solution.coverage * (1.0 + WORTHWHILE_GAIN):
            break
        solution = larger
    return solution


def _solve_for(
    spaces: Spaces, leader: int | None, solver: str, *, most: int, seed: int, time_limit: float
) -> Callable[[int], Solution]:
    """Return what finds the subset of a size, the leader in it if there is one."""
    searched = spaces if leader is None else with_leader(spaces, leader)
    deadline = time.monotonic() + time_limit
    solve: Callable[[int], Solution]
    if solver == "evolutionary":
        solve = partial(_bounded, searched, partial(evolved_subset, seed=seed), deadline=deadline)
    elif solver == "greedy":
        solve = partial(_bounded, searched, greedy_subset, deadline=deadline)
    elif is_plane(searched):
        solve = best_subsets(searched, most).__getitem__
    else:
        solve = partial(_proven, searched, seed=seed, deadline=deadline)
    return solve if leader is None else lambda size: without_worth(solve(size), spaces)


def _bounded(
    spaces: Spaces, choose_subset: Callable[[Spaces, int], tuple[int, ...]], size: int, /, *, deadline: float
) -> Solution:
    """Return another solver's subset, with the bound of the exact search: how much better one could be."""
    subset = tuple(sorted(choose_subset(spaces, size)))
    bound = best_subset(spaces, subset, time_limit=max(0.0, deadline - time.monotonic())).upper_bound
    return Solution(subset, coverage(spaces, subset), bound, 0)


def _proven(spaces: Spaces, size: int, /, *, seed: int, deadline: float) -> Solution:
    incumbent = local_search_subset(spaces, size, seed=seed)
    return best_subset(spaces, incumbent, time_limit=max(0.0, deadline - time.monotonic()))


def _described(
    front: tuple[Scored, ...],
    objectives: Objectives,
    scale: Normalisation,
    *,
    space: str,
    solution: Solution,
    note: str,
) -> Selection:
    normalised = scale.apply(objectives.values)
    return Selection(
        chosen=tuple(front[row] for row in solution.subset),
        front=front,
        objectives=objectives.objectives,
        space=space,
        coverage=solution.coverage,
        upper_bound=solution.upper_bound,
        hypervolume=hypervolume(normalised[list(solution.subset)], scale.reference),
        front_hypervolume=hypervolume(normalised, scale.reference),
        normalisation=scale,
        reasons=reasons_for([one.number for one in front], objectives, solution.subset, scale),
        note=note,
    )


def _note(front: int, least: int, most: int) -> str:
    if front >= least:
        return ""
    wanted = str(least) if least == most else f"{least} to {most}"
    return f"the front has only {front} different models, so all of them are kept ({wanted} were wanted)"


def _why_nothing_fits(candidates: Sequence[Explored]) -> str:
    if not candidates:
        return "no candidate was explored, so none can be selected"
    kinds = Counter(candidate.rejection.kind for candidate in candidates if not isinstance(candidate, Scored))
    counts = ", ".join(f"{count} by {kind}" for kind, count in kinds.most_common())
    message = f"none of {len(candidates)} candidates is feasible (rejected: {counts})"
    priced = [one for one in candidates if isinstance(one, Rejected)]
    if not priced:
        return message
    return message + "; closest: " + "; ".join(_described_rejected(one) for one in sorted(priced, key=_distance)[:3])


def _distance(candidate: Rejected) -> tuple[int, int]:
    footprint = candidate.cost.footprint
    return candidate.rejection.kind.count("+"), footprint.ram_bytes + footprint.rom_bytes


def _described_rejected(candidate: Rejected) -> str:
    footprint = candidate.cost.footprint
    return (
        f"candidate {candidate.number} ({candidate.configuration.architecture}, RAM {footprint.ram_bytes} bytes, "
        f"ROM {footprint.rom_bytes} bytes, {candidate.cost.flops / 1e6:.1f} MFLOPs): {candidate.rejection.detail}"
    )
