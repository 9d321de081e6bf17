"""What to do with a run once it has come so far: which model to take, and how it gets onto the board."""

from collections.abc import Sequence
from pathlib import Path
from shlex import quote

from prototypenas.deployment.programmers import PROGRAMMERS
from prototypenas.reporting.recommendation import recommend
from prototypenas.reporting.report_data import ModelResult
from prototypenas.runs.delivery_record import C_PROJECT
from prototypenas.runs.run_directory import DatasetDirectory
from prototypenas.types import Target

Steps = tuple[tuple[str, str], ...]
"""What a line is about, and a path or a command."""


def verdict(models: Sequence[ModelResult]) -> str:
    """Return the sentence that says which model to flash; nothing if none is trained."""
    found = recommend(models)
    if found is None:
        return ""
    candidate = found.model.candidate
    return f"Flash trial {candidate.number} ({candidate.configuration.architecture}), because {found.reason}."


def next_steps(models: Sequence[ModelResult], seen: DatasetDirectory, target: Target) -> Steps:
    """Return what comes next of a run, and at its end where its report is."""
    steps = commands(models, seen, target)
    if not any(model.delivery for model in models):
        return steps
    if seen.report_html.exists():
        return (*steps, ("report", str(seen.report_html)))
    return (*steps, ("report", f"prototypenas report {_typed(seen.run.path)}"))


def commands(models: Sequence[ModelResult], seen: DatasetDirectory, target: Target) -> Steps:
    """Return where the recommended model is and the commands that build and flash it, as far as they apply."""
    found = recommend(models)
    if found is None:
        return (("train", f"prototypenas evaluate {_typed(seen.run.path)} --dataset {quote(seen.name)}"),)
    folder = seen.model(found.model.candidate.number)
    project = folder / C_PROJECT
    if found.model.delivery is None:
        return (("its folder", str(folder)), ("write the C", f"prototypenas deploy {_typed(seen.run.path)}"))
    return (
        ("its C", str(project)),
        ("run it here", f"make -C {_typed(project)} host"),
        _to_the_board(project, target),
    )


def _to_the_board(project: Path, target: Target) -> tuple[str, str]:
    if target.name in PROGRAMMERS:
        return "build and flash", f"make -C {_typed(project)} flash"
    return "your firmware", f"add model.c, weights.c and kernels/ to it, as {project / 'README.md'} says"


def _typed(path: Path) -> str:
    """Return a path as it is typed in a shell."""
    return quote(path.as_posix())
