"""What the finished steps of a run have left behind, read back from its directory."""

from prototypenas.errors import RunDirectoryError
from prototypenas.exploration.candidate_table import read_candidates
from prototypenas.objectives import Objective
from prototypenas.refinement.estimated import refined_candidates, refined_objectives
from prototypenas.refinement.refinement_table import read_refinement
from prototypenas.reporting.report_data import ModelResult
from prototypenas.runs.atomic_files import read_json, value_in
from prototypenas.runs.model_results import model_result
from prototypenas.runs.records import SelectionRecord, record_of
from prototypenas.runs.run_directory import DatasetDirectory, RunDirectory
from prototypenas.selection import Selection, restored_selection
from prototypenas.types import Explored, Target


def explored(run: RunDirectory) -> tuple[Explored, ...]:
    """Read back all candidates of a finished exploration.

    Raises:
        RunDirectoryError: if it is not finished.
    """
    if not run.exploration_json.exists():
        raise RunDirectoryError(
            f"{run.path} holds no finished exploration; run `prototypenas explore` to its end first"
        )
    candidates = read_candidates(run.candidates_csv)
    explored = value_in(read_json(run.exploration_json), "explored", run.exploration_json)
    if len(candidates) != explored:
        raise RunDirectoryError(
            f"{run.candidates_csv} has {len(candidates)} of {explored} candidates; run `prototypenas explore` with its "
            "arguments again to write it anew"
        )
    return candidates


def read_back(run: RunDirectory, trials: int) -> tuple[Explored, ...] | None:
    """Return all candidates of a finished exploration; `None` where it must go on, or write its table anew."""
    if not run.exploration_json.exists():
        return None
    try:
        candidates = explored(run)
    except RunDirectoryError:
        return None  # the journal holds every candidate, and the table is made from it
    return candidates if len(candidates) == trials else None


def selected(run: RunDirectory) -> Selection:
    """Read back the selection.

    Raises:
        RunDirectoryError: if nothing was selected here.
    """
    if not run.selection_json.exists():
        raise RunDirectoryError(f"{run.path} holds no selection; run `prototypenas select` first")
    record = recorded_selection(run)
    candidates, objectives = explored(run), run.exploration().objectives
    if record.refined:
        candidates, objectives, _ = selectable(run)
    return restored_selection(
        candidates,
        record.chosen,
        objectives=objectives,
        space=record.space,
        upper_bound=record.upper_bound,
        note=record.note,
    )


def selectable(run: RunDirectory) -> tuple[tuple[Explored, ...], tuple[Objective, ...], bool]:
    """Read back what selection chooses from, by which objectives, and whether that was refined.

    Refined candidates have their estimate beside their proxies' scores; without refinement all explored ones count.

    Raises:
        RunDirectoryError: if the exploration is not finished, or a file is damaged.
    """
    candidates, refinement = explored(run), read_refinement(run.path)
    objectives = run.exploration().objectives
    if refinement is None:
        return candidates, objectives, False
    return refined_candidates(refinement, candidates), refined_objectives(objectives), True


def results(seen: DatasetDirectory, target: Target) -> list[ModelResult]:
    """Read back the selected models of a data set, as far as they have come."""
    return [model_result(seen.model(one.number), one, target) for one in selected(seen.run).chosen]


def recorded_selection(run: RunDirectory) -> SelectionRecord:
    """Read back how the selection was made."""
    return record_of(SelectionRecord, read_json(run.selection_json), str(run.selection_json))
