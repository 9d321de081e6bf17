"""A statement of the paper, and what its own numbers and ours say of it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """What one side's numbers say."""

    holds: bool | None
    """`None` where it was never run."""
    numbers: str

    def __str__(self) -> str:
        verdict = {True: "holds", False: "does not hold", None: "not run"}[self.holds]
        return f"**{verdict}**: {self.numbers}" if self.numbers else f"**{verdict}**"


NOT_RUN = Finding(None, "")


@dataclass(frozen=True)
class Claim:
    """One statement of the paper, held against its own numbers and ours."""

    words: str
    place: str
    """Where the paper says it."""
    paper: Finding
    ours: Finding = NOT_RUN


def markdown(claims: Sequence[Claim]) -> str:
    """Return a table with a row a claim."""
    lines = ["| claim | where | the paper's numbers | ours |", "|---|---|---|---|"]
    lines += [f"| {claim.words} | {claim.place} | {claim.paper} | {claim.ours} |" for claim in claims]
    return "\n".join(lines)
