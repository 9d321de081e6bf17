"""The whole way: explore, select, evaluate, deploy, report; every step picks up from the run directory.

The first three are the paper's (sections 3.1 to 3.3). A step that is finished is read back, an interrupted one is
continued, and one asked for with other arguments is refused.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path

from prototypenas.deployment.delivery import deliver
from prototypenas.errors import RunDirectoryError
from prototypenas.exploration.candidate_evaluation import ExplorationTask
from prototypenas.exploration.candidate_table import candidates_text, read_candidates
from prototypenas.exploration.defaults import DEFAULT_SAMPLER, DEFAULT_TRIALS
from prototypenas.exploration.exploration import explore as explore_space
from prototypenas.exploration.space import SearchSpace
from prototypenas.plugins import PluginSource
from prototypenas.progress import Progress, Silent
from prototypenas.protocols import Baseline, Evaluator, References
from prototypenas.reporting.report_data import ModelResult
from prototypenas.runs.atomic_files import read_json, value_in, write_json, write_text
from prototypenas.runs.class_scores import REFERENCES_FILE, write_references
from prototypenas.runs.dataset_summary import SUMMARY_FILE, DatasetSummary, write_summary
from prototypenas.runs.model_results import model_result
from prototypenas.runs.records import Arguments, SelectionRecord, differences, plain, record_of
from prototypenas.runs.run_directory import DatasetDirectory, RunDirectory
from prototypenas.selection import DEFAULT_SPACE, Selection, restored_selection
from prototypenas.selection import select as select_subset
from prototypenas.training.pretraining import Pretraining, SharedNetwork, note_start, shared_networks, started
from prototypenas.training.trainings import train_all
from prototypenas.types import Candidate, Evaluation, Target
from prototypenas.workers.in_process import InProcess
from prototypenas.workers.local_processes import LocalProcesses
from prototypenas.workers.pool import Workers
from prototypenas.workers.threads import computing_threads


@dataclass(frozen=True)
class Search:
    """Step 1: what is explored, and how long."""

    task: ExplorationTask
    space: SearchSpace
    trials: int = DEFAULT_TRIALS
    sampler: str = DEFAULT_SAMPLER
    seed: int = 0
    settings: Arguments = field(default_factory=dict)
    """What the user set, recorded beside the arguments so that the run can be repeated."""

    def arguments(self) -> Arguments:
        """Return what the run directory records."""
        return {
            **self.task.identity(),
            "space": self.space.identity(),
            "trials": self.trials,
            "sampler": self.sampler,
            "sampler_seed": self.seed,
        }


@dataclass(frozen=True)
class Choice:
    """Step 2: how many are kept, and in which space they cover the front best."""

    keep: int | tuple[int, int] = (3, 5)
    space: str = DEFAULT_SPACE
    seed: int = 0


@dataclass(frozen=True)
class Training:
    """Step 3: what the chosen are trained on, and the arguments that repeat it."""

    dataset: str
    evaluator: Evaluator
    baselines: Mapping[str, Baseline]
    arguments: Arguments
    """Plain JSON values; recorded, and held against what was recorded."""
    seed: int = 0
    threads: int = 1
    """Threads that one training computes on: its last bits depend on them, so they are no matter of the machine."""
    device: str = "cpu"
    plugins: tuple[PluginSource, ...] = ()
    summary: DatasetSummary | None = None
    """For the report."""
    references: References | None = None
    """Simple classifiers that are trained beside the models, for comparison; `None` where there are none."""
    pretraining: Pretraining | None = None
    """Where the models of an architecture get their first weights from; `None` draws them."""

    def recorded(self) -> Arguments:
        """Give what the run directory records."""
        return {**self.arguments, "dataset": self.dataset, "seed": self.seed, "threads": self.threads}


@dataclass(frozen=True)
class Machine:
    """Where the work is done; no result depends on it."""

    executor: Workers = field(default_factory=LocalProcesses)
    trainings: Workers = field(default_factory=InProcess)
    storage: str | None = None
    """URL of an Optuna storage that gets the study instead of the run's own file."""


def explore(run: RunDirectory, search: Search, machine: Machine, progress: Progress) -> tuple[Candidate, ...]:
    """Step 1: explore the space, reject what does not fit, score the rest.

    Raises:
        RunDirectoryError: if the directory holds a run of other arguments; more trials than it has continue it.
        NothingFits: if no candidate meets the budget.
        ProxyError: if more than half of the candidates cannot be scored.
    """
    run.bind(search.arguments(), settings=search.settings)
    finished = _read_back(run, search.trials)
    if finished is not None:
        return finished
    run.exploration_json.unlink(missing_ok=True)
    exploration = explore_space(
        search.task,
        space=search.space,
        trials=search.trials,
        sampler=search.sampler,
        seed=search.seed,
        executor=machine.executor,
        directory=run.path,
        storage=machine.storage,
        study=f"{run.path.resolve().name} {run.identity()}",
        progress=progress,
    )
    statistics = exploration.statistics
    write_json(run.exploration_json, {**asdict(statistics), "summary": statistics.summary()})
    return exploration.candidates


def select(run: RunDirectory, choice: Choice, *, again: bool = True) -> Selection:
    """Step 2: choose the few most meaningful trade-offs of the front; asked again with other arguments, choose anew.

    With `again=False` other arguments than those recorded are refused. A selection from fewer candidates than there
    are now is made anew. Arguments and choice are recorded together, so that neither is ever there without the other.

    Raises:
        RunDirectoryError: if nothing was explored here, or other arguments are refused.
        ConfigurationError: for a `keep` below 1 or an unknown space.
        NothingFits: if no candidate is feasible.
    """
    candidates = explored(run)
    if not again and run.selection_json.exists():
        record = _recorded_selection(run)
        changed = differences({name: plain(record)[name] for name in plain(choice)}, plain(choice))
        if changed:
            raise RunDirectoryError(
                f"{run.path} was made with other arguments ({changed}); repeat them to continue, or name another "
                "folder with --out"
            )
        if record.explored == len(candidates):
            selection = selected(run)
            _write_selected(run, selection)
            return selection
    selection = select_subset(candidates, keep=choice.keep, space=choice.space, seed=choice.seed)
    write_json(run.selection_json, plain(_record_of(choice, selection, explored=len(candidates))))
    _write_selected(run, selection)
    for seen in run.datasets():
        seen.report_html.unlink(missing_ok=True)
    return selection


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
    baselines = _first_weights(seen, training, chosen, machine, progress)
    ready = replace(training, baselines=baselines, pretraining=None)
    place = seen.absolute()
    jobs: dict[str, Callable[[Progress], object]] = {
        f"trial {one.number}": partial(_evaluate_one, ready, one, place) for one in chosen
    }
    if training.references is not None and not (seen.path / REFERENCES_FILE).exists():
        jobs["simple classifiers"] = partial(_score_references, training.references, place)
    train_all(machine.trainings, jobs, plugins=training.plugins, progress=progress)
    return results(seen, target)


def deploy(
    seen: DatasetDirectory, evaluator: Evaluator, target: Target, *, emulate: bool, progress: Progress
) -> list[ModelResult]:
    """Write each trained model as C and ONNX, compile and run the C on the test set, hold it against the simulator.

    Raises:
        RunDirectoryError: if a model was not trained yet.
        ToolchainError: if the C does not compile, or `emulate` is set and a tool is missing.
    """
    chosen = selected(seen.run).chosen
    for done, candidate in enumerate(chosen):
        progress.update("deploy", done, len(chosen), f"trial {candidate.number}")
        name = f"trial_{candidate.number}"
        deliver(seen.model(candidate.number), evaluator, target, name=name, emulate=emulate)
    progress.update("deploy", len(chosen), len(chosen))
    return results(seen, target)


def report(run: RunDirectory, seen: DatasetDirectory | None, target: Target) -> Path:
    """Write `report.html` and the figures from whatever the run holds of a data set, or of its exploration alone.

    Raises:
        RunDirectoryError: if nothing was selected, a file is corrupt or the disk full.
    """
    # Matplotlib and scikit-learn come with it and take seconds, which no other step needs.
    from prototypenas.reporting.run_report import write_run_report  # noqa: PLC0415

    return write_run_report(run, seen, selected(run), target)


def run(
    directory: RunDirectory,
    search: Search,
    choice: Choice,
    training: Training,
    machine: Machine,
    *,
    emulate: bool = False,
    progress: Progress | None = None,
) -> list[ModelResult]:
    """Go the whole way; called again with the same arguments it continues, or only reads back.

    Raises:
        PrototypeNASError: as the steps do.
    """
    told = progress or Silent()
    explore(directory, search, machine, told)
    select(directory, choice, again=False)
    seen = directory.dataset(training.dataset)
    target = search.task.target
    evaluate(seen, training, target, machine, told)
    models = deploy(seen, training.evaluator, target, emulate=emulate, progress=told)
    if not seen.report_html.exists():
        report(directory, seen, target)
    return models


def explored(run: RunDirectory) -> tuple[Candidate, ...]:
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


def selected(run: RunDirectory) -> Selection:
    """Read back the selection.

    Raises:
        RunDirectoryError: if nothing was selected here.
    """
    if not run.selection_json.exists():
        raise RunDirectoryError(f"{run.path} holds no selection; run `prototypenas select` first")
    record = _recorded_selection(run)
    return restored_selection(
        explored(run), record.chosen, space=record.space, upper_bound=record.upper_bound, note=record.note
    )


def results(seen: DatasetDirectory, target: Target) -> list[ModelResult]:
    """Read back the selected models of a data set, as far as they have come."""
    return [model_result(seen.model(one.number), one, target) for one in selected(seen.run).chosen]


def _read_back(run: RunDirectory, trials: int) -> tuple[Candidate, ...] | None:
    """Return all candidates of a finished exploration; `None` where it must go on, or write its table anew."""
    if not run.exploration_json.exists():
        return None
    try:
        candidates = explored(run)
    except RunDirectoryError:
        return None  # the journal holds every candidate, and the table is made from it
    return candidates if len(candidates) == trials else None


def _recorded_selection(run: RunDirectory) -> SelectionRecord:
    return record_of(SelectionRecord, read_json(run.selection_json), str(run.selection_json))


def _record_of(choice: Choice, selection: Selection, *, explored: int) -> SelectionRecord:
    return SelectionRecord(
        keep=choice.keep,
        space=choice.space,
        seed=choice.seed,
        explored=explored,
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


def _first_weights(
    seen: DatasetDirectory, training: Training, chosen: Sequence[Candidate], machine: Machine, progress: Progress
) -> Mapping[str, Baseline]:
    """Pre-train one network an architecture, where that is asked for, and give baselines that begin with them."""
    if training.pretraining is None:
        return training.baselines
    pretraining, evaluator = training.pretraining, training.evaluator
    place = seen.run.absolute()
    shared = shared_networks(place, pretraining, training.baselines, chosen, seed=training.seed)
    jobs = {f"pre-training of {name}": partial(_pretrain_one, training, one, place) for name, one in shared.items()}
    train_all(machine.trainings, jobs, plugins=training.plugins, progress=progress)
    baselines = {name: started(pretraining, one) for name, one in shared.items()}
    for one in chosen:
        name = one.configuration.architecture
        note_start(seen.model(one.number), shared[name], baselines[name], one, evaluator)
    return baselines


def _pretrain_one(training: Training, shared: SharedNetwork, run: RunDirectory, progress: Progress) -> None:
    assert training.pretraining is not None
    run.check_seen()
    with computing_threads(training.threads):
        training.pretraining.train(
            shared.configuration,
            shared.baseline,
            directory=shared.directory,
            seed=training.seed,
            device=training.device,
            progress=progress,
        )


def _score_references(references: References, seen: DatasetDirectory, progress: Progress) -> None:
    seen.run.check_seen()
    with computing_threads(1):
        write_references(references.scores(progress), seen.path)


def _evaluate_one(training: Training, candidate: Candidate, seen: DatasetDirectory, progress: Progress) -> Evaluation:
    seen.run.check_seen()
    with computing_threads(training.threads):
        return training.evaluator.evaluate(
            candidate,
            training.baselines[candidate.configuration.architecture],
            directory=seen.model(candidate.number),
            seed=training.seed,
            device=training.device,
            progress=progress,
        )
