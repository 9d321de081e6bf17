"""One sentence of the report: what another preset would have chosen."""

from collections.abc import Sequence

from prototypenas.runs.other_choice import OtherChoice
from prototypenas.types import Explored, Scored


def other_choice_sentence(other: OtherChoice, candidates: Sequence[Explored], chosen: Sequence[Scored]) -> str:
    """Say what another preset would have chosen of the same candidates, and how much of it was chosen here too."""
    if not other.chosen:
        return f"The preset {other.preset} could score none of the candidates."
    by_number = {one.number: one for one in candidates if isinstance(one, Scored)}
    names = ", ".join(_named(by_number[number]) for number in other.chosen)
    here = {one.digest for one in chosen}
    same = sum(by_number[number].digest in here for number in other.chosen)
    shared = {0: "none of them was", 1: "one of them was"}.get(same, f"{same} of them were")
    return (
        f"Of {other.scored} of these, scored by its own proxies, the preset {other.preset} would have chosen "
        f"{len(other.chosen)}: {names}; {shared} chosen here too."
    )


def _named(candidate: Scored) -> str:
    need = f"{candidate.cost.flops / 1e6:.1f} MFLOPs"
    return f"trial {candidate.number} ({candidate.configuration.architecture}, {need})"
