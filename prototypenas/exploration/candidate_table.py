"""`candidates.csv`: one row per explored candidate, infeasible ones too, and back."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from prototypenas.errors import RunDirectoryError
from prototypenas.runs.atomic_files import write_text
from prototypenas.types import (
    GROUPS,
    Built,
    Candidate,
    Configuration,
    Cost,
    Explored,
    Footprint,
    GroupConfiguration,
    Invalid,
    Rejected,
    Rejection,
    Scored,
)

if TYPE_CHECKING:
    import pandas as pd

TABLE = "candidates.csv"
"""Name of the file in a run directory."""

_GROUP_VALUES = tuple(item.name for item in fields(GroupConfiguration))
_PARTS = tuple(item.name for item in fields(Footprint))
_COSTS = ("flops", "macs", "parameters", "ram_bytes", "rom_bytes", "latency_ms", "energy_mj", *_PARTS)
OWN = "cost:"
"""What the columns of costs that plug-ins define begin with."""

_LAST = ("rejection", "detail", "digest")
ESTIMATES = ("estimate", "estimate_error")
"""The last columns once some were refined: the score expected of them, as a share, and its standard error."""

Estimates = Mapping[int, tuple[float, float]]
"""Values of these columns, by a candidate's number."""

_FIRST = (
    "number",
    "architecture",
    "width",
    *(f"group{group}_{value}" for group in range(1, GROUPS + 1) for value in _GROUP_VALUES),
    *_COSTS,
)


def write_candidates(
    path: Path, candidates: Iterable[Explored], proxies: Sequence[str], estimates: Estimates | None = None
) -> None:
    """Write the table whole or not at all; what a rejected candidate does not have is left empty.

    Raises:
        RunDirectoryError: if it cannot be written.
    """
    write_text(path, candidates_text(candidates, proxies, estimates))


def candidates_text(candidates: Iterable[Explored], proxies: Sequence[str], estimates: Estimates | None = None) -> str:
    """Return the table as text; with estimates, their columns come last and are empty where nothing was estimated."""
    listed = list(candidates)
    own = next((tuple(one.cost.own) for one in listed if isinstance(one, Built)), ())
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*_FIRST, *(f"{OWN}{name}" for name in own), *proxies, *_LAST, *(ESTIMATES if estimates else ())))
    for candidate in listed:
        expected = estimates.get(candidate.number, ("", "")) if estimates else ()
        writer.writerow((*_row(candidate, own, proxies), *expected))
    return text.getvalue()


def candidate_frame(candidates: Iterable[Explored], estimates: Estimates | None = None) -> "pd.DataFrame":
    """Return the table as a DataFrame, indexed by number; what a candidate does not have is missing."""
    import pandas as pd  # noqa: PLC0415  (it takes a second, and the search needs it nowhere)

    listed = list(candidates)
    proxies = tuple(dict.fromkeys(name for one in listed if isinstance(one, Scored) for name in one.scores))
    read = io.StringIO(candidates_text(listed, proxies, estimates))
    return pd.read_csv(read, index_col="number", dtype={"digest": str, "rejection": str, "detail": str})


def read_candidates(path: Path) -> tuple[Explored, ...]:
    """Read the table back, exactly as it was written; estimates are left out, which have a file of their own.

    Raises:
        RunDirectoryError: if it is missing or corrupt.
    """
    try:
        with path.open(newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            names = tuple(reader.fieldnames or ())
            names = names[: -len(ESTIMATES)] if names[-len(ESTIMATES) :] == ESTIMATES else names
            if names[: len(_FIRST)] != _FIRST or names[-len(_LAST) :] != _LAST:
                raise ValueError("its columns are not those of an exploration")
            between = names[len(_FIRST) : -len(_LAST)]
            own = tuple(name.removeprefix(OWN) for name in between if name.startswith(OWN))
            proxies = between[len(own) :]
            return tuple(_candidate(_whole(row, reader.line_num), own, proxies) for row in reader)
    except (OSError, ValueError, KeyError, TypeError, csv.Error) as error:
        raise RunDirectoryError(
            f"{path} cannot be read ({error}); `prototypenas explore` (or `run`) with the same arguments writes it anew"
        ) from error


def _row(candidate: Explored, own: Sequence[str], proxies: Sequence[str]) -> list[object]:
    configuration = candidate.configuration
    groups = [getattr(group, value) for group in configuration.groups for value in _GROUP_VALUES]
    costs: list[object] = [""] * (len(_COSTS) + len(own))
    if isinstance(candidate, Built):
        cost, footprint = candidate.cost, candidate.cost.footprint
        parts = [getattr(footprint, part) for part in _PARTS]
        costs = [cost.flops, cost.macs, cost.parameters, footprint.ram_bytes, footprint.rom_bytes]
        estimates = (cost.latency_ms, cost.energy_mj)
        costs += ["" if value is None else repr(value) for value in estimates]
        costs += [*parts, *(repr(cost.own[name]) for name in own)]
    scored = candidate.scores if isinstance(candidate, Scored) else {}
    scores = [repr(scored[name]) if name in scored else "" for name in proxies]
    reason = ("", "")
    if isinstance(candidate, Invalid | Rejected):
        reason = (candidate.rejection.kind, candidate.rejection.detail)
    first = (candidate.number, configuration.architecture, repr(configuration.width))
    return [*first, *groups, *costs, *scores, *reason, candidate.digest if isinstance(candidate, Built) else ""]


def _whole(row: Mapping[str, str], line: int) -> Mapping[str, str]:
    """Refuse a row with fewer or more cells than columns; `DictReader` marks both with `None`."""
    if None in row or None in row.values():
        raise ValueError(f"line {line} is torn")
    return row


def _candidate(row: Mapping[str, str], own: Sequence[str], proxies: Sequence[str]) -> Explored:
    groups = tuple(
        GroupConfiguration(
            depth=int(row[f"group{group}_depth"]),
            kernel=int(row[f"group{group}_kernel"]),
            stride=int(row[f"group{group}_stride"]),
            sparsity=float(row[f"group{group}_sparsity"]),
        )
        for group in range(1, GROUPS + 1)
    )
    asked = Candidate(int(row["number"]), Configuration(row["architecture"], float(row["width"]), groups))
    rejection = Rejection(row["rejection"], row["detail"])
    if not row["macs"] and not rejection.kind:
        raise ValueError(f"candidate {asked.number} has neither a cost nor a rejection")
    if not row["macs"]:
        return asked.invalid(rejection)
    built = asked.built(_cost(row, own), row["digest"])
    if rejection.kind:
        return built.rejected(rejection)
    return built.scored({name: float(row[name]) for name in proxies if row[name]})


def _cost(row: Mapping[str, str], own: Sequence[str]) -> Cost:
    return Cost(
        int(row["macs"]),
        int(row["parameters"]),
        Footprint(**{part: int(row[part]) for part in _PARTS}),
        latency_ms=float(row["latency_ms"]) if row["latency_ms"] else None,
        energy_mj=float(row["energy_mj"]) if row["energy_mj"] else None,
        own={name: float(row[f"{OWN}{name}"]) for name in own},
    )
