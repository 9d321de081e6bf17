"""Hypervolume and time of greedy, the paper's evolution (through moocore and pymoo) and the default with its proof.

    OMP_NUM_THREADS=1 python benchmarks/subset_selection.py --points 100 300 --seeds 1

Five of each front in five objectives. Fronts: `concave` and `convex` parts of a sphere, `cloud` (the non-dominated of
normal points), `conflict` (proxies that agree and grow with cost, as in explorations) and `flat` (a simplex: nearly all
subsets alike, the hardest to prove). Last run, two shared cores: see docs/selection.md.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass

import moocore
import numpy as np
from numpy.typing import NDArray
from pymoo.indicators.hv import HV

from prototypenas.selection.coverage import Spaces, coverage, space_of
from prototypenas.selection.evolutionary import evolved_subset
from prototypenas.selection.exact import best_subset
from prototypenas.selection.hypervolume import REFERENCE, normalisation_over
from prototypenas.selection.local_search import greedy_subset, local_search_subset

KEEP, OBJECTIVES = 5, 5
KINDS = ("concave", "convex", "cloud", "conflict", "flat")


@dataclass(frozen=True, eq=False)
class PymooSpace:
    """A front whose hypervolumes come from pymoo, to time the paper's algorithm with the library it would have used."""

    front: NDArray[np.float64]
    indicator: HV

    @property
    def points(self) -> int:
        """Points of the front."""
        return len(self.front)

    def value(self, subset: list[int]) -> float:
        """Hypervolume of a subset."""
        return float(self.indicator(self.front[subset]))


def random_front(kind: str, points: int, seed: int) -> NDArray[np.float64]:
    """Draw a front `(points, 5)` scaled to the unit cube, lower is better."""
    rng = np.random.default_rng(seed)
    raw = np.abs(rng.normal(size=(points, OBJECTIVES)))
    match kind:
        case "concave":
            front = raw / np.linalg.norm(raw, axis=1, keepdims=True)
        case "convex":
            front = 1.0 - raw / np.linalg.norm(raw, axis=1, keepdims=True)
        case "flat":
            front = rng.dirichlet(np.ones(OBJECTIVES), points)
        case _:
            front = _filtered(kind, points, rng)
    return normalisation_over((), front).apply(front)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, nargs="+", default=[100, 300])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--time-limit", type=float, default=20.0)
    parser.add_argument("--without-pymoo", action="store_true", help="leave the slowest column out")
    arguments = parser.parse_args()
    print("| front | points | greedy | evolution | its time | with pymoo | default | its time | proof |")
    print("|---|---|---|---|---|---|---|---|---|")
    for points in arguments.points:
        for kind in KINDS:
            for seed in range(arguments.seeds):
                front = random_front(kind, points, seed)
                print(_row(kind, front, arguments.time_limit, with_pymoo=not arguments.without_pymoo), flush=True)


def _row(kind: str, front: NDArray[np.float64], time_limit: float, *, with_pymoo: bool) -> str:
    spaces: Spaces = (space_of("objectives", front),)
    whole = np.prod(np.full(OBJECTIVES, REFERENCE))
    scale = spaces[0].value(range(spaces[0].points)) / moocore.hypervolume(front, ref=np.full(OBJECTIVES, REFERENCE))
    greedy = coverage(spaces, greedy_subset(spaces, KEEP)) / scale
    evolved, seconds = _timed(lambda: evolved_subset(spaces, KEEP, seed=0))
    pymoo = "–"
    if with_pymoo:
        slow = (PymooSpace(front, HV(ref_point=np.full(OBJECTIVES, REFERENCE))),)
        pymoo = f"{_timed(lambda: evolved_subset(slow, KEEP, seed=0))[1]:.1f} s"  # type: ignore[arg-type]
    start, first = _timed(lambda: local_search_subset(spaces, KEEP, seed=0))
    began = time.perf_counter()
    solution = best_subset(spaces, start, time_limit=time_limit)
    proof = time.perf_counter() - began
    gap = 100.0 * (solution.upper_bound / solution.coverage - 1.0)
    verdict = f"optimal in {proof:.2f} s" if solution.optimal else f"gap {gap:.2f} % after {proof:.0f} s"
    assert solution.coverage / scale <= whole
    return (
        f"| {kind} | {len(front)} | {greedy:.5f} | {coverage(spaces, evolved) / scale:.5f} | {seconds:.1f} s | {pymoo} "
        f"| {solution.coverage / scale:.5f} | {first:.2f} s | {verdict} |"
    )


def _filtered(kind: str, points: int, rng: np.random.Generator) -> NDArray[np.float64]:
    front = np.empty((0, OBJECTIVES))
    while len(front) < points:
        cloud = rng.normal(size=(points, OBJECTIVES))
        if kind == "conflict":
            cloud[:, 1:] = 0.6 * cloud[:, 1:] - 0.8 * cloud[:, :1]
        front = np.concatenate([front, cloud])
        front = front[moocore.is_nondominated(front)]
    return front[rng.permutation(len(front))[:points]]


def _timed(work: Callable[[], tuple[int, ...]]) -> tuple[tuple[int, ...], float]:
    began = time.perf_counter()
    result = work()
    return result, time.perf_counter() - began


if __name__ == "__main__":
    main()
