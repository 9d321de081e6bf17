"""The whole way: explore, select, evaluate, deploy, report; every step picks up from the run directory.

The first three are the paper's (sections 3.1 to 3.3). A step that is finished is read back, an interrupted one is
continued, and one asked for with other arguments is refused.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

from prototypenas.deployment.delivery import deliver
from prototypenas.deployment.onnx_form import OnnxForm
from prototypenas.errors import RunDirectoryError
from prototypenas.exploration.candidate_table import candidates_text
from prototypenas.exploration.exploration import explore as explore_space
from prototypenas.exploration.rescoring import rescored
from prototypenas.finished_steps import explored, read_back, recorded_selection, results, selectable, selected
from prototypenas.objectives import Objective
from prototypenas.progress import Progress, Silent
from prototypenas.protocols import Evaluator
from prototypenas.refinement.step import Refine, RefinementStep, refine_run, refined_from
from prototypenas.reporting.report_data import ModelResult
from prototypenas.runs.atomic_files import write_json, write_text
from prototypenas.runs.class_scores import REFERENCES_FILE
from prototypenas.runs.dataset_summary import SUMMARY_FILE, write_summary
from prototypenas.runs.other_choice import OtherChoice, read_other_choice, write_other_choice
from prototypenas.runs.records import SelectionRecord, differences, plain
from prototypenas.runs.run_directory import DatasetDirectory, RunDirectory
from prototypenas.selection import Selection
from prototypenas.selection import select as select_subset
from prototypenas.steps import Choice, Machine, OtherPreset, Search, Training
from prototypenas.training.model_trainings import evaluate_one, first_weights, longest_first, score_references
from prototypenas.training.trainings import train_all
from prototypenas.types import Explored, Target
from prototypenas.workers.local_processes import available_cores
from prototypenas.workers.threads import in_threads

_log = logging.getLogger(__name__)


def explore(run: RunDirectory, search: Search, machine: Machine, progress: Progress) -> tuple[Explored, ...]:
    """Step 1: explore the space, reject what does not fit, score the rest.

    Raises:
        RunDirectoryError: if the directory holds a run of other arguments; more trials than it has continue it.
        NothingFits: if no candidate meets the budget.
        ProxyError: if more than half of the candidates cannot be scored.
    """
    run.bind(search.arguments(), settings=search.settings)
    finished = read_back(run, search.trials)
    if finished is not None:
        return finished
    run.exploration_json.unlink(missing_ok=True)
    by = ", ".join(objective.name for objective in search.task.goals.objectives)
    _log.info("explore %d candidates by %s for %s", search.trials, by, search.task.target.name)
    exploration = explore_space(
        search.task,
        space=search.space,
        trials=search.trials,
        sampler=search.sampler,
        samplers=search.samplers,
        seed=search.seed,
        executor=machine.executor,
        directory=run.path,
        storage=machine.storage,
        study=f"{run.path.resolve().name} {run.identity()}",
        progress=progress,
    )
    statistics = exploration.statistics
    _log.info(statistics.summary())
    write_json(run.exploration_json, {**asdict(statistics), "summary": statistics.summary()})
    return exploration.candidates


def refine(
    run: RunDirectory,
    asked: Refine,
    training: Training,
    machine: Machine,
    progress: Progress,
    *,
    keep: int | tuple[int, int],
    again: bool = True,
) -> str:
    """Between steps 1 and 2: train promising candidates briefly, by successive halving, on the training part only.

    Selection then chooses by their estimated scores. Return what was done, or why there was nothing to do. With
    `again=False` other arguments than those recorded are refused.

    Raises:
        RunDirectoryError: if nothing was explored here, or other arguments are refused.
        ConfigurationError: if the budget is too small for two candidates.
        TrainingError: if all trainings of a rung fail.
    """
    step = RefinementStep(
        asked,
        training.evaluator,
        training.baselines,
        training.recorded(),
        keep=keep if isinstance(keep, int) else keep[1],
        objectives=run.exploration().objectives,
        seed=training.seed,
        device=training.device,
        plugins=training.plugins,
    )
    said = refine_run(run, step, explored(run), workers=machine.trainings, progress=progress, again=again)
    _log.info(said)
    return said


def select(run: RunDirectory, choice: Choice, *, again: bool = True) -> Selection:
    """Step 2: choose the few most meaningful trade-offs of the front; asked again with other arguments, choose anew.

    With `again=False` other arguments than those recorded are refused. A selection from fewer candidates than there
    are now is made anew. Arguments and choice are recorded together, so that neither is ever there without the other.

    Raises:
        RunDirectoryError: if nothing was explored here, or other arguments are refused.
        ConfigurationError: for a `keep` below 1 or an unknown space.
        NothingFits: if no candidate is feasible.
    """
    candidates, objectives, refined = selectable(run)
    if not again and run.selection_json.exists():
        record = recorded_selection(run)
        changed = differences({name: plain(record)[name] for name in plain(choice)}, plain(choice))
        if changed:
            raise RunDirectoryError(
                f"{run.path} was made with other arguments ({changed}); repeat them to continue, or name another "
                "folder with --out"
            )
        if (record.explored, record.refined) == (len(candidates), refined):
            selection = selected(run)
            _write_selected(run, selection)
            return selection
    selection = choose(candidates, choice, objectives)
    write_json(run.selection_json, plain(_record_of(choice, selection, explored=len(candidates), refined=refined)))
    _write_selected(run, selection)
    numbers = ", ".join(str(candidate.number) for candidate in selection.chosen)
    _log.info("selected trials %s: %s in %s", numbers, selection.verdict, selection.space)
    if selection.note:
        _log.warning(selection.note)
    _note_in_study(run, selection)
    for seen in run.datasets():
        seen.report_html.unlink(missing_ok=True)
    return selection


def choose(candidates: Sequence[Explored], choice: Choice, objectives: Sequence[Objective] | None = None) -> Selection:
    """Choose of candidates without a run directory; by FLOPs and all scores where no objectives are given."""
    return select_subset(
        candidates,
        objectives=objectives,
        keep=choice.keep,
        space=choice.space,
        leader=choice.leader,
        solver=choice.solver,
        seed=choice.seed,
    )


def choose_otherwise(run: RunDirectory, other: OtherPreset, progress: Progress) -> OtherChoice:
    """Record what another preset would have chosen from the explored candidates; done once for as many as there are.

    Raises:
        RunDirectoryError: if nothing was explored here, or a file is damaged.
    """
    candidates, found = explored(run), read_other_choice(run.path)
    if found is not None and (found.preset, found.explored) == (other.name, len(candidates)):
        return found
    progress.update("compare", 0, 1, f"preset {other.name}")
    scored = rescored(candidates, other.task, seconds=other.seconds)
    chosen = choose(scored, other.choice, other.task.goals.objectives).chosen if scored else ()
    found = OtherChoice(other.name, tuple(one.number for one in chosen), len(scored), len(candidates))
    write_other_choice(found, run.path)
    progress.update("compare", 1, 1, f"preset {other.name}")
    return found


def evaluate(
    seen: DatasetDirectory, training: Training, target: Target, machine: Machine, progress: Progress
) -> list[ModelResult]:
    """Step 3: train, prune, quantize and test each selected candidate.

    Raises:
        RunDirectoryError: if nothing was selected, or the directory holds models trained with other arguments.
        TrainingError: if a training diverges.
    """
    chosen = selected(seen.run).chosen
    seen.bind(training.recorded())
    if training.summary is not None and not (seen.path / SUMMARY_FILE).exists():
        write_summary(training.summary, seen.path)
    baselines = first_weights(seen, training, chosen, machine, progress)
    ready = replace(training, baselines=baselines, pretraining=None)
    place = seen.absolute()
    jobs: dict[str, Callable[[Progress], object]] = {
        f"trial {one.number}": partial(evaluate_one, ready, one, place) for one in longest_first(chosen)
    }
    if training.references is not None and not (seen.path / REFERENCES_FILE).exists():
        jobs["simple classifiers"] = partial(score_references, training.references, place)
    _log.info("train %s on %s", ", ".join(jobs), training.dataset)
    train_all(machine.trainings, jobs, plugins=training.plugins, progress=progress)
    trained = results(seen, target)
    for model in trained:
        if model.evaluation is not None:
            scores = f"{model.evaluation.float_score:.4f} float, {model.evaluation.int8_score:.4f} int8"
            _log.info("trial %d: %s %s", model.candidate.number, model.evaluation.metric, scores)
    return trained


def deploy(
    seen: DatasetDirectory,
    evaluator: Evaluator,
    target: Target,
    *,
    emulate: bool,
    progress: Progress,
    out: Path | None = None,
    onnx: OnnxForm = OnnxForm.BATCH,
) -> list[ModelResult]:
    """Write each trained model as C and ONNX, compile and run the C on the test set, hold it against the simulator.

    With a folder `out` the models go there, one folder each, and the run stays as it is: so for another target, or
    another form of ONNX.

    Raises:
        RunDirectoryError: if a model was not trained yet.
        ConfigurationError: if the target's memory cannot hold a model.
        ToolchainError: if the C does not compile, or `emulate` is set and a tool is missing.
    """
    chosen = longest_first(selected(seen.run).chosen)
    jobs = [
        partial(
            deliver,
            seen.model(candidate.number),
            evaluator,
            target,
            name=f"trial_{candidate.number}",
            emulate=emulate,
            out=None if out is None else out / f"trial_{candidate.number}",
            onnx=onnx,
        )
        for candidate in chosen
    ]
    delivered = {}
    progress.update("deploy", 0, len(chosen))
    for done, (candidate, delivery) in enumerate(
        zip(chosen, in_threads(jobs, at_once=available_cores()), strict=True), start=1
    ):
        progress.update("deploy", done, len(chosen), f"trial {candidate.number}")
        delivered[candidate.number] = delivery
        _log.info("trial %d: C and ONNX written, compiled and compared", candidate.number)
    return [replace(model, delivery=delivered[model.candidate.number]) for model in results(seen, target)]


def run(
    directory: RunDirectory,
    search: Search,
    choice: Choice,
    training: Training,
    machine: Machine,
    *,
    refinement: Refine | None = None,
    other: OtherPreset | None = None,
    emulate: bool = False,
    progress: Progress | None = None,
) -> list[ModelResult]:
    """Go the whole way; called again with the same arguments it continues, or only reads back.

    With `refinement`, short trainings tell before the selection which candidates learn; the report says what `other`
    would have chosen.

    Raises:
        PrototypeNASError: as the steps do.
    """
    told = progress or Silent()
    candidates = explore(directory, search, machine, told)
    if refinement is not None:
        grown = refined_from(directory) not in (None, len(candidates))
        if grown or not directory.selection_json.exists():
            refine(directory, refinement, training, machine, told, keep=choice.keep, again=grown)
    select(directory, choice, again=False)
    if other is not None:
        choose_otherwise(directory, other, told)
    seen = directory.dataset(training.dataset)
    target = search.task.target
    evaluate(seen, training, target, machine, told)
    models = deploy(seen, training.evaluator, target, emulate=emulate, progress=told)
    if not seen.report_html.exists():
        # Matplotlib and scikit-learn come with it and take seconds, which no other step needs.
        from prototypenas.reporting.run_report import write_run_report  # noqa: PLC0415

        write_run_report(directory, seen, target)
    return models


def _record_of(choice: Choice, selection: Selection, *, explored: int, refined: bool) -> SelectionRecord:
    return SelectionRecord(
        keep=choice.keep,
        space=choice.space,
        seed=choice.seed,
        leader=choice.leader,
        solver=choice.solver,
        explored=explored,
        refined=refined,
        chosen=tuple(candidate.number for candidate in selection.chosen),
        coverage=selection.coverage,
        upper_bound=selection.upper_bound,
        verdict=selection.verdict,
        hypervolume=selection.hypervolume,
        front_hypervolume=selection.front_hypervolume,
        note=selection.note,
    )


def _write_selected(run: RunDirectory, selection: Selection) -> None:
    """Write the table of the chosen, unless it is there already."""
    text = candidates_text(selection.chosen, tuple(selection.front[0].scores))
    if not run.selected_csv.is_file() or run.selected_csv.read_text() != text:
        write_text(run.selected_csv, text)


def _note_in_study(run: RunDirectory, selection: Selection) -> None:
    # Optuna takes a second to import, which a run that is only read back does without.
    from prototypenas.exploration.study_notes import note_in_study  # noqa: PLC0415

    explored = run.exploration()
    limits = {"ram": explored.ram_limit, "rom": explored.rom_limit, "flops": explored.flops_limit}
    note_in_study(
        run.path,
        {"target": explored.target, "limits": limits, "selection": selection.verdict},
        chosen=[one.number for one in selection.chosen],
        front=[one.number for one in selection.front],
    )
