"""What an exploration did with its candidates and its time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from prototypenas.exploration.candidate_evaluation import Seconds
from prototypenas.exploration.generation import count_repeated
from prototypenas.types import Explored, Scored


@dataclass(frozen=True)
class Statistics:
    """Counts of candidates, and seconds by part."""

    explored: int
    feasible: int
    """Scored, or equal to a scored one."""
    repeated: int
    """Of a network met before; priced, not scored again."""
    rejected: dict[str, int]
    """By kind of rejection."""
    priced_besides: int
    """Configurations priced to find the first that fit, which are no candidates."""
    evaluation: Seconds
    """Summed over all workers, over interrupted runs too."""
    sampler_seconds: float
    bookkeeping_seconds: float
    """Journal, table, study and progress, this run."""
    wall_seconds: float
    """This run."""

    @property
    def outside_proxies(self) -> float:
        """Share of the working time that was not proxy passes."""
        parts = self.evaluation
        outside = parts.build + parts.lower + parts.plan + self.sampler_seconds + self.bookkeeping_seconds
        return outside / max(outside + parts.proxies, 1e-9)

    def summary(self) -> str:
        """Return a sentence for people."""
        rejected = ", ".join(f"{count} by {kind}" for kind, count in sorted(self.rejected.items())) or "none"
        besides = f"; {self.priced_besides} more priced to find what fits" if self.priced_besides else ""
        return (
            f"{self.explored} explored in {self.wall_seconds:.0f} s: {self.feasible} feasible "
            f"({self.repeated} of them repeated), rejected: {rejected}{besides}; "
            f"{self.outside_proxies:.0%} of the work outside the proxies"
        )


def statistics_of(
    candidates: Sequence[Explored],
    *,
    priced_besides: int,
    evaluation: Seconds,
    sampler_seconds: float,
    bookkeeping_seconds: float,
    wall_seconds: float,
) -> Statistics:
    """Count candidates."""
    rejected = Counter(candidate.rejection.kind for candidate in candidates if not isinstance(candidate, Scored))
    return Statistics(
        explored=len(candidates),
        feasible=sum(isinstance(candidate, Scored) for candidate in candidates),
        repeated=count_repeated(candidates),
        rejected=dict(rejected),
        priced_besides=priced_besides,
        evaluation=evaluation,
        sampler_seconds=sampler_seconds,
        bookkeeping_seconds=bookkeeping_seconds,
        wall_seconds=wall_seconds,
    )
