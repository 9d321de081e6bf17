"""Put the parts that a user names together: what is explored, what is trained on, where the work is done."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from evaluators import Data, open_dataset
from evaluators.datasets.reading import Reading
from evaluators.datasets.source import with_classes
from evaluators.training.suitable_recipe import RecipeOptions
from prototypenas.app.arguments import (
    parse_amount,
    parse_input_shape,
    parse_keep,
    parse_minutes,
    parse_names,
    parse_range,
)
from prototypenas.app.catalogue import Catalogue
from prototypenas.app.narrowing import narrowed_space
from prototypenas.app.presets import PRESETS
from prototypenas.app.settings import (
    PRETRAIN_EPOCHS,
    DataSettings,
    DeviceSettings,
    RefinementSettings,
    SearchSettings,
    SelectionSettings,
    StorageSettings,
    TargetSettings,
    TrainingSettings,
)
from prototypenas.choices import choose, choose_all
from prototypenas.devices import named_device, parsed_device
from prototypenas.errors import ConfigurationError, RunDirectoryError
from prototypenas.exploration.candidate_evaluation import ExplorationTask
from prototypenas.exploration.samplers import name_and_population
from prototypenas.protocols import Evaluator
from prototypenas.refinement.step import Refine
from prototypenas.runs.records import plain, record_of
from prototypenas.runs.run_directory import DatasetDirectory, RunDirectory
from prototypenas.selection import SOLVERS, SPACES
from prototypenas.steps import Choice, Machine, Search, Training
from prototypenas.types import Budget, Execution, InputShape, Probe, Target
from prototypenas.workers.dask_workers import DaskWorkers
from prototypenas.workers.in_process import InProcess
from prototypenas.workers.local_processes import LocalProcesses, available_cores

PROBES: Mapping[str, bool] = {"gaussian": False, "dataset": True}
"""Whether the proxies look at real data."""

QUANTIZATIONS = ("auto", "ptq", "qat")

EXECUTIONS: Mapping[str, Execution] = {execution.value: execution for execution in Execution}
"""How the C may run a network, by name."""


READING_OPTIONS = ("layout", "label_column", "series_column", "group_column", "ignore_columns", "value_range")
"""Fields of `DataSettings` that say how files of a user's own are read."""


def compose_target(catalogue: Catalogue, settings: TargetSettings) -> Target:
    """Return the target with the limits asked for in place of its own.

    Raises:
        ConfigurationError: for an unknown target or a limit that is no amount.
    """
    target = choose("target", settings.target, catalogue.targets)
    budget = target.budget
    return replace(
        target,
        execution=choose("execution", settings.execution, EXECUTIONS),
        budget=Budget(
            ram_bytes=parse_amount("RAM", settings.ram) if settings.ram else budget.ram_bytes,
            rom_bytes=parse_amount("ROM", settings.rom) if settings.rom else budget.rom_bytes,
            flops=parse_amount("FLOPs", settings.flops) if settings.flops else budget.flops,
        ),
    )


def compose_choice(settings: SelectionSettings, preset: str, seed: int) -> Choice:
    """Return what the selection is asked for.

    Raises:
        ConfigurationError: for a `keep` that is no number or range, or an unknown space or preset.
    """
    keep = parse_keep(settings.keep)
    followed = choose("preset", preset, PRESETS)
    space, solver = settings.select_in or followed.space, settings.solver or followed.solver
    choose("selection space", space, SPACES)
    choose("solver", solver, SOLVERS)
    return Choice(keep, space, seed, followed.leader, solver)


def compose_refinement(settings: RefinementSettings, preset: str) -> Refine | None:
    """Return what is asked of the refinement: `auto`, which leaves it to the preset, `no`, or a time.

    Raises:
        ConfigurationError: for anything else, no time above 0, or an unknown preset.
    """
    if settings.refine in ("auto", "no"):
        refines = choose("preset", preset, PRESETS).refines and settings.refine == "auto"
        return Refine() if refines else None
    return Refine(60 * parse_minutes(settings.refine))


def check_names(catalogue: Catalogue, settings: SearchSettings, probe: str) -> None:
    """Refuse unknown names at once: reading the data may take minutes.

    Raises:
        ConfigurationError: for an unknown architecture, proxy, sampler or probe.
    """
    if settings.architectures:
        choose_all("architecture", parse_names(settings.architectures), catalogue.baselines)
    choose("preset", settings.preset, PRESETS)
    if settings.proxies:
        choose_all("proxy", parse_names(settings.proxies), catalogue.proxies)
    name_and_population(settings.sampler)
    names = parse_names(settings.architectures) or tuple(catalogue.baselines)[:1]
    narrowed_space(names, catalogue.kernels, settings)
    choose("probe", probe, PROBES)


def compose_search(
    catalogue: Catalogue,
    settings: SearchSettings,
    task: str,
    input_shape: InputShape,
    num_classes: int,
    *,
    target: Target,
    probe: Probe | None = None,
    seed: int,
    device: str,
) -> Search:
    """Return what is explored.

    Raises:
        ConfigurationError: for an unknown task, architecture, proxy, preset or sampler, or an architecture of another
            task.
    """
    pool = choose("task", task, catalogue.pools)
    if num_classes < 2 and task != "detection":
        raise ConfigurationError(f"{num_classes} class asked for; telling classes apart needs at least 2")
    baselines = choose_all("architecture", parse_names(settings.architectures) or pool, catalogue.baselines)
    elsewhere = {name: other for other, names in catalogue.pools.items() for name in names}
    for name in baselines:
        if name not in pool and name in elsewhere:
            raise ConfigurationError(f"{name} is an architecture for {elsewhere[name]}, not for {task}")
    exploration = ExplorationTask(
        baselines,
        choose_all(
            "proxy",
            parse_names(settings.proxies) if settings.proxies else choose("preset", settings.preset, PRESETS).proxies,
            catalogue.proxies,
        ),
        input_shape,
        num_classes,
        target,
        target.budget,
        seed=seed,
        weight_seeds=settings.weight_seeds,
        batch_size=settings.probe_batch,
        probe=probe,
        device=device,
        plugins=catalogue.plugins,
        detects=task == "detection",
    )
    space = narrowed_space(baselines, catalogue.kernels, settings)
    origins = catalogue.origins((*exploration.baselines, *exploration.proxies, target.name))
    return Search(exploration, space, settings.trials, settings.sampler, seed, origins)


def task_of(evaluator: Evaluator) -> str:
    """Return the task whose pool is searched for an evaluator's input."""
    if evaluator.metric == "map50":
        return "detection"
    return "image" if len(evaluator.input_shape) == 3 else "time-series"


def compose_probe(kind: str, evaluator: Evaluator, batch_size: int, seed: int) -> Probe | None:
    """Return batches of real data for `dataset`, `None` for `gaussian`."""
    return evaluator.probe(batch_size=batch_size, seed=seed) if choose("probe", kind, PROBES) else None


def compose_machine(
    settings: DeviceSettings,
    storage: StorageSettings | None = None,
    *,
    proxy_timeout: float | None = None,
    threads: int = 1,
) -> Machine:
    """Return where the work is done, and see at once that it is there; a GPU trains one model at a time.

    Where no number of jobs is asked for, as many models are trained at once as cores have room for their `threads`. A
    single training at a time is done in this process.

    Raises:
        ConfigurationError: for a device that is not there.
    """
    kept_at = storage.storage if storage else None
    scheduler = settings.scheduler
    if scheduler is not None:
        gpus = 0 if named_device(settings.device)[0] == "cpu" else 1
        return Machine(DaskWorkers(scheduler, gpus, proxy_timeout), DaskWorkers(scheduler, gpus), kept_at)
    kind, _ = parsed_device(settings.device)
    workers = (settings.jobs or max(1, available_cores() // threads)) if kind == "cpu" else 1
    trainings = InProcess() if workers == 1 else LocalProcesses(workers)
    return Machine(LocalProcesses(settings.jobs, proxy_timeout), trainings, kept_at)


def load_data(catalogue: Catalogue, dataset: str | None, data: DataSettings, *, input_size: str | None) -> Data:
    """Load the data set, by name or from the user's own path.

    Raises:
        ConfigurationError: unless exactly one of name and path is given, or for an unknown name.
        DatasetError: if the data cannot be read.
    """
    if (dataset is None) == (data.own_data is None):
        raise ConfigurationError("give either the name of a data set or --data with a path of your own")
    shape = parse_input_shape(input_size) if input_size else None
    reading = compose_reading(data)
    if data.own_data is not None:
        return open_dataset(data.own_data, input_shape=shape, reading=reading)
    source = choose("data set", dataset or "", catalogue.datasets)
    return source.load(data.data_dir, download=data.download, input_shape=shape)


def check_training(settings: TrainingSettings) -> None:
    """Refuse training options that are not allowed, alone or together, before any data are read.

    Raises:
        ConfigurationError: for an unknown name, or an option that lacks another.
    """
    if settings.pretrain is None and settings.pretrain_epochs is not None:
        raise ConfigurationError("--pretrain-epochs needs --pretrain with a folder of pictures")
    choose("quantization", settings.quantize, dict.fromkeys(QUANTIZATIONS))
    recipe_options(settings)


def compose_training(
    catalogue: Catalogue,
    loaded: Data,
    dataset: str | None,
    data: DataSettings,
    settings: TrainingSettings,
    *,
    input_size: str | None,
    seed: int,
    device: str,
) -> Training:
    """Return how models are trained on a loaded data set.

    Raises:
        ConfigurationError: for an option that is not allowed.
        DatasetError: if the pictures to pre-train on cannot be read.
    """
    # Lightning comes with them and takes a second; `list` and `measure` need neither.
    from evaluators.pretraining import pretraining_on  # noqa: PLC0415
    from evaluators.tasks import evaluator_for, references_for, summary_for  # noqa: PLC0415

    check_training(settings)
    evaluator = evaluator_for(loaded, recipe_options(settings), quantization=settings.quantize)
    origins = catalogue.origins((*catalogue.baselines, dataset or ""))
    epochs_before = settings.pretrain_epochs or PRETRAIN_EPOCHS
    pretraining = None
    if settings.pretrain is not None:
        pictures = with_classes(loaded)
        pretraining = pretraining_on(settings.pretrain, pictures, epochs=epochs_before, threads=settings.threads)
    arguments = {
        **{name: value for name, value in plain(data).items() if name != "download"},
        **plain(settings),
        "input_size": input_size,
        "data_digest": loaded.digest(),
        **({} if pretraining is None else pretraining.arguments()),
        **({"plugins": list(origins)} if origins else {}),
    }
    return Training(
        dataset or loaded.name,
        evaluator,
        catalogue.baselines,
        arguments,
        seed=seed,
        threads=settings.threads,
        device=device,
        plugins=catalogue.plugins,
        summary=summary_for(evaluator),
        references=references_for(evaluator),
        pretraining=pretraining,
    )


def recipe_options(settings: TrainingSettings) -> RecipeOptions:
    """Return what the user asks of the recipe.

    Raises:
        ConfigurationError: for values that are not allowed, alone or together.
    """
    return RecipeOptions(
        augment=parse_names(settings.augment),
        learning_rate=settings.learning_rate,
        batch_size=settings.batch_size,
        steps=settings.steps,
        epochs=settings.epochs,
        early_stopping=settings.early_stopping,
        balanced_classes=settings.class_weights,
    )


def compose_reading(data: DataSettings) -> Reading:
    """Return what the user decided about files that can be read in several ways.

    Raises:
        ConfigurationError: for a value range that is none, or a decision without data of the user's own.
    """
    given = [name for name in READING_OPTIONS if getattr(data, name)]
    if given and data.own_data is None:
        option = given[0].replace("_", "-")
        raise ConfigurationError(f"--{option} says how files of your own are read; give them with --data")
    return Reading(
        layout=data.layout,
        label_column=data.label_column,
        series_column=data.series_column,
        group_column=data.group_column,
        ignored_columns=parse_names(data.ignore_columns),
        value_range=None if data.value_range is None else parse_range(data.value_range),
    )


def recorded_training(catalogue: Catalogue, seen: DatasetDirectory) -> Training:
    """Compose the training that a run directory records for a data set, and see that the data are still the same.

    Raises:
        RunDirectoryError: if the record is damaged, or the data are not those that the models were trained on.
    """
    arguments = seen.arguments()
    where = f"{seen.name!r} in {seen.run.run_json}"
    given = record_of(_GivenRecord, arguments, where)
    data = record_of(DataSettings, {**arguments, "download": False}, where)
    # What the models began with is in their weights by now, and its pictures need not be there any more.
    settings = replace(record_of(TrainingSettings, arguments, where), pretrain=None, pretrain_epochs=None)
    name = None if data.own_data else seen.name
    training = compose_training(
        catalogue,
        load_data(catalogue, name, data, input_size=given.input_size),
        name,
        data,
        settings,
        input_size=given.input_size,
        seed=given.seed,
        device="cpu",
    )
    if training.arguments["data_digest"] != given.data_digest:
        raise RunDirectoryError(
            f"{seen.path} was trained on other data: their digest was {given.data_digest}, now it is "
            f"{training.arguments['data_digest']}; restore the data, or train again in another folder"
        )
    return training


@dataclass(frozen=True)
class _GivenRecord:
    input_size: str | None
    seed: int
    data_digest: str


def recorded_target(catalogue: Catalogue, run: RunDirectory) -> Target:
    """Return the target that a run was explored for, with the limits it was explored under, run as it was priced.

    Raises:
        ConfigurationError: if no target has its name any more.
        RunDirectoryError: if it is another microcontroller now.
    """
    explored = run.exploration()
    target = choose("target", explored.target, catalogue.targets)
    if (target.core, target.clock_hz) != (explored.core, explored.clock_hz):
        raise RunDirectoryError(
            f"{run.path} was explored for {target.name} as a {explored.core} at {explored.clock_hz:,} Hz, and now it "
            f"is a {target.core} at {target.clock_hz:,} Hz; restore it, or explore again in another folder"
        )
    limits = Budget(explored.ram_limit, explored.rom_limit, explored.flops_limit)
    return replace(target, budget=limits, execution=choose("execution", explored.execution, EXECUTIONS))


def recorded_input(run: RunDirectory) -> str:
    """Return the input shape that a run was explored for, as it is typed."""
    return "x".join(str(size) for size in run.exploration().input_shape)
