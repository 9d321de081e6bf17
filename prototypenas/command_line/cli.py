"""The command line: puts the parts together. Nothing imports it."""

import errno
import functools
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, ParamSpec, TypeVar

import typer
from rich.console import Console
from torch import nn

from evaluators import DATASETS, DatasetSource, open_dataset
from evaluators.datasets.summary import summary_of
from prototypenas import pipeline
from prototypenas.command_line.arguments import (
    CONFIGURATION_FORM,
    parse_amount,
    parse_configuration,
    parse_input_shape,
    parse_keep,
    parse_names,
    write_configuration,
)
from prototypenas.command_line.choices import choose, choose_all
from prototypenas.command_line.console import ProgressBars, print_table
from prototypenas.costing.measurement import measure_network
from prototypenas.costing.network_reference import load_network
from prototypenas.costing.targets import load_targets
from prototypenas.devices import named_device, parsed_device
from prototypenas.errors import ConfigurationError, PrototypeNASError, RunDirectoryError
from prototypenas.exploration.candidate_evaluation import ExplorationTask
from prototypenas.exploration.exploration import DEFAULT_TRIALS
from prototypenas.exploration.samplers import DEFAULT_SAMPLER, SAMPLERS, name_and_population
from prototypenas.exploration.space import SearchSpace
from prototypenas.pipeline import Choice, Machine, Search, Training
from prototypenas.plugins import PluginSource, load_entry_points, load_plugin_file
from prototypenas.protocols import Baseline, Evaluator, Proxy
from prototypenas.reporting.architecture_table import describe
from prototypenas.reporting.delivery_tables import delivery_notes, emulation_table, instruction_table, sizes_table
from prototypenas.reporting.listings import block_table, layer_table, measurement_table, plan_table, target_table
from prototypenas.reporting.report_data import ModelResult
from prototypenas.reporting.tables import Table, choice_table, class_table, final_table
from prototypenas.runs.run_directory import RunDirectory, check_place, read_json
from prototypenas.selection import DEFAULT_SPACE, SPACES
from prototypenas.training.pretraining import DEFAULT_EPOCHS as PRETRAIN_EPOCHS
from prototypenas.types import Budget, Configuration, InputShape, Probe, Target
from prototypenas.workers.dask_executor import DaskWorkers
from prototypenas.workers.dask_training_pool import DaskPool
from prototypenas.workers.process_pool import LocalProcesses, available_cores
from prototypenas.workers.training_pool import LocalPool
from proxies import DEFAULT_ENSEMBLE, PROXIES
from search_spaces import DETECTION_POOL, IMAGE_POOL, KERNELS, PUBLISHED, REFERENCES, TIME_SERIES_POOL

app = typer.Typer(
    name="prototypenas",
    help="Find networks that fit a microcontroller, train the few that matter, and get the C.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
)
console = Console(width=None if sys.stdout.isatty() else 140)
errors = Console(stderr=True)

POOLS: Mapping[str, Mapping[str, Baseline]] = {
    "image": IMAGE_POOL,
    "time-series": TIME_SERIES_POOL,
    "detection": DETECTION_POOL,
}

PROBES: Mapping[str, bool] = {"gaussian": False, "dataset": True}
"""Whether the proxies look at real data."""

DEFAULT_TARGET = "imxrt1062"
"""The paper's microcontroller."""

NO_NAMES: list[str] = []
NONE: list[Path] = []
"""Default of options that may be given several times."""

STORAGE_FAILURES = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)
"""What no check beforehand can rule out: the disk fills up, or fails, in the middle of the work."""

P = ParamSpec("P")
R = TypeVar("R")


def in_one_line(command: Callable[P, R]) -> Callable[P, R]:
    """Turn our errors into one line on stderr and exit code 2."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except PrototypeNASError as error:
            errors.print(f"[bold red]error:[/] {error}", highlight=False, soft_wrap=True)
            raise typer.Exit(2) from error
        except OSError as error:
            if error.errno not in STORAGE_FAILURES:
                raise
            place = f" ({error.filename})" if error.filename else ""
            line = f"[bold red]error:[/] {error.strerror}{place}; see to it, then the same command continues"
            errors.print(line, highlight=False, soft_wrap=True)
            raise typer.Exit(2) from error
        except KeyboardInterrupt as error:
            errors.print("interrupted; the same command continues", highlight=False)
            raise typer.Exit(130) from error

    return wrapped


@dataclass(frozen=True)
class Catalogue:
    """Everything that can be named on the command line: ours, installed packages', plug-in files'."""

    pools: Mapping[str, tuple[str, ...]]
    """Architectures searched by default, by task; those of plug-in files join every pool."""
    baselines: Mapping[str, Baseline]
    kernels: Mapping[str, tuple[int, ...]]
    proxies: Mapping[str, Proxy]
    datasets: Mapping[str, DatasetSource]
    targets: Mapping[str, Target]
    plugins: tuple[PluginSource, ...]


def gather(plugin_files: list[Path], target_files: list[Path]) -> Catalogue:
    """Put our own parts and all plug-ins together; a later one wins over a name given before."""
    files = [load_plugin_file(file) for file in plugin_files]
    plugins = [load_entry_points(), *files]
    asked_for = tuple(name for plugin in files for name in plugin.baselines)
    return Catalogue(
        pools={task: tuple(dict.fromkeys((*pool, *asked_for))) for task, pool in POOLS.items()},
        baselines=_merged(_merged({}, list(POOLS.values())), [plugin.baselines for plugin in plugins]),
        kernels=_merged(KERNELS, [plugin.kernels for plugin in plugins]),
        proxies=_merged(PROXIES, [plugin.proxies for plugin in plugins]),
        datasets=_merged(DATASETS, [plugin.datasets for plugin in plugins]),
        targets=_merged(load_targets(target_files), [plugin.targets for plugin in plugins]),
        plugins=tuple(plugin.source for plugin in plugins if plugin.source is not None),
    )


def _merged(ours: Mapping[str, Any], theirs: list[Mapping[str, Any]]) -> dict[str, Any]:
    return functools.reduce(lambda merged, more: {**merged, **more}, theirs, dict(ours))


Plugins = Annotated[
    list[Path], typer.Option("--plugin", help="Python file with PROXIES, BASELINES, DATASETS or TARGETS.")
]
TargetFiles = Annotated[list[Path], typer.Option("--targets", help="TOML file with targets of your own.")]
TargetName = Annotated[str, typer.Option("--target", help="Microcontroller; see `list targets`.")]
Limit = Annotated[str | None, typer.Option(help="Limit instead of the target's (320KiB, 1MiB, 250M).")]
Trials = Annotated[int, typer.Option(min=1, help="Candidates to explore.")]
Keep = Annotated[str, typer.Option(help="Models to keep: a number, or a range such as 3-5.")]
SelectIn = Annotated[str, typer.Option(help=f"Selection space: {', '.join(SPACES)}.")]
Epochs = Annotated[int, typer.Option(min=1, help="Epochs each chosen model is trained.")]
Seed = Annotated[
    int, typer.Option(min=0, max=2**32 - 1, help="The same seed gives the same result on any number of jobs.")
]
Jobs = Annotated[int | None, typer.Option(min=1, help="Worker processes; as many as cores if not given.")]
Device = Annotated[str, typer.Option(help="Where models are scored and trained: cpu, cuda, cuda:1, ...")]
Out = Annotated[Path | None, typer.Option("--out", help="Run directory; runs/DATASET-TARGET if not given.")]
ProxyNames = Annotated[str, typer.Option("--proxies", help="Objectives beside FLOPs; see `list proxies`.")]
Architectures = Annotated[str, typer.Option(help="Architectures to search instead of the task's whole pool.")]
ProbeKind = Annotated[str, typer.Option("--probe", help="What the proxies look at: gaussian or dataset.")]
BatchSize = Annotated[int, typer.Option(min=2, help="Samples in a batch of the probe.")]
WeightSeeds = Annotated[int, typer.Option(min=1, help="Drawings of the weights that scores are averaged over.")]
SamplerName = Annotated[
    str, typer.Option("--sampler", help=f"One of {', '.join(SAMPLERS)}; a population may follow, as in nsga2:200.")
]
OwnData = Annotated[
    Path | None,
    typer.Option("--data", help="Your own: a folder of pictures by class, .npz, .csv, .parquet or .ts."),
]
DataDir = Annotated[Path | None, typer.Option(help="Folder that holds the data set.")]
Download = Annotated[bool, typer.Option("--download", help="Fetch the data set if it is missing.")]
InputSize = Annotated[str | None, typer.Option("--input", help="CxHxW or CxT; the data set's own if not given.")]
Quantize = Annotated[str, typer.Option(help="ptq, qat, or auto: ptq for images, qat for series.")]
Pretrain = Annotated[
    Path | None,
    typer.Option("--pretrain", help="Folder of pictures by class that one network an architecture learns first."),
]
PretrainEpochs = Annotated[int | None, typer.Option(min=1, help=f"Epochs of that; {PRETRAIN_EPOCHS} if not given.")]
Emulate = Annotated[bool, typer.Option("--qemu", help="Also run the C on an emulated core of the target.")]
Scheduler = Annotated[str | None, typer.Option(help="Dask scheduler whose workers do the work: tcp://host:8786.")]
Storage = Annotated[str | None, typer.Option(help="URL of an Optuna storage that gets the study.")]
ConfigurationText = Annotated[
    str | None, typer.Option("--configuration", help=f"'{CONFIGURATION_FORM}'; the reference one if not given.")
]
RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="Run directory.")]


@app.command()
@in_one_line
def run(
    dataset: Annotated[str | None, typer.Argument(help="Data set; see `list datasets`. Or --data.")] = None,
    own_data: OwnData = None,
    target: TargetName = DEFAULT_TARGET,
    trials: Trials = DEFAULT_TRIALS,
    keep: Keep = "3-5",
    epochs: Epochs = 100,
    out: Out = None,
    seed: Seed = 0,
    jobs: Jobs = None,
    device: Device = "cpu",
    data_dir: DataDir = None,
    download: Download = False,
    input_size: InputSize = None,
    quantize: Quantize = "auto",
    pretrain: Pretrain = None,
    pretrain_epochs: PretrainEpochs = None,
    proxy_names: ProxyNames = ",".join(DEFAULT_ENSEMBLE),
    architectures: Architectures = "",
    probe: ProbeKind = "gaussian",
    batch_size: BatchSize = 16,
    weight_seeds: WeightSeeds = 1,
    sampler: SamplerName = DEFAULT_SAMPLER,
    select_in: SelectIn = DEFAULT_SPACE,
    ram: Limit = None,
    rom: Limit = None,
    flops: Limit = None,
    emulate: Emulate = False,
    scheduler: Scheduler = None,
    storage: Storage = None,
    plugin: Plugins = NONE,
    target_files: TargetFiles = NONE,
) -> None:
    """Go the whole way: explore, select, train + prune + quantize, write C, report. The same command continues it."""
    catalogue = gather(plugin, target_files)
    goal = limited(choose("target", target, catalogue.targets), ram, rom, flops)
    choice = Choice(parse_keep(keep), known_space(select_in), seed)
    machine = compose_machine(jobs, scheduler, storage, device)
    check_names(catalogue, architectures, proxy_names, sampler, probe)
    check_place(out or Path("runs") / f"{dataset}-{target}")
    training = compose_training(
        catalogue,
        dataset,
        data_dir,
        input_size,
        epochs=epochs,
        quantize=quantize,
        pretrain=pretrain,
        pretrain_epochs=pretrain_epochs,
        download=download,
        own_data=own_data,
        seed=seed,
        device=device,
    )
    evaluator = training.evaluator
    print_data(training)
    search = compose_search(
        catalogue,
        "image" if len(evaluator.input_shape) == 3 else "time-series",
        evaluator.input_shape,
        evaluator.num_classes,
        target=goal,
        architectures=architectures,
        proxy_names=proxy_names,
        probe=compose_probe(probe, evaluator, batch_size, seed),
        batch_size=batch_size,
        weight_seeds=weight_seeds,
        trials=trials,
        sampler=sampler,
        seed=seed,
        device=device,
    )
    directory = RunDirectory.create(out or Path("runs") / f"{training.dataset}-{target}")
    with ProgressBars(console) as progress:
        models = pipeline.run(directory, search, choice, training, machine, emulate=emulate, progress=progress)
    note = pipeline.selected(directory).note
    if note:
        console.print(note)
    print_models(models, directory.report_html)


@app.command()
@in_one_line
def explore(
    out: Annotated[Path, typer.Option("--out", help="Run directory to make.")],
    input_size: Annotated[str, typer.Option("--input", help="CxHxW for images, CxT for series.")],
    classes: Annotated[int, typer.Option(min=2, help="Number of classes.")],
    task: Annotated[str, typer.Option(help=f"One of {', '.join(POOLS)}.")] = "image",
    target: TargetName = DEFAULT_TARGET,
    trials: Trials = DEFAULT_TRIALS,
    seed: Seed = 0,
    jobs: Jobs = None,
    device: Device = "cpu",
    proxy_names: ProxyNames = ",".join(DEFAULT_ENSEMBLE),
    architectures: Architectures = "",
    batch_size: BatchSize = 16,
    weight_seeds: WeightSeeds = 1,
    sampler: SamplerName = DEFAULT_SAMPLER,
    ram: Limit = None,
    rom: Limit = None,
    flops: Limit = None,
    scheduler: Scheduler = None,
    storage: Storage = None,
    plugin: Plugins = NONE,
    target_files: TargetFiles = NONE,
) -> None:
    """Step 1: search without any data. One exploration serves every data set of a task."""
    catalogue = gather(plugin, target_files)
    search = compose_search(
        catalogue,
        task,
        parse_input_shape(input_size),
        classes,
        target=limited(choose("target", target, catalogue.targets), ram, rom, flops),
        architectures=architectures,
        proxy_names=proxy_names,
        probe=None,
        batch_size=batch_size,
        weight_seeds=weight_seeds,
        trials=trials,
        sampler=sampler,
        seed=seed,
        device=device,
    )
    machine = compose_machine(jobs, scheduler, storage, device)
    directory = RunDirectory.create(out)
    with ProgressBars(console) as progress:
        pipeline.explore(directory, search, machine, progress)
    console.print(read_json(directory.exploration_json)["summary"])
    console.print(f"all candidates: {directory.candidates_csv}")


@app.command()
@in_one_line
def select(run_path: RunPath, keep: Keep = "3-5", select_in: SelectIn = DEFAULT_SPACE, seed: Seed = 0) -> None:
    """Step 2: choose the few most meaningful trade-offs of the front."""
    directory = RunDirectory.open(run_path)
    selection = pipeline.select(directory, Choice(parse_keep(keep), known_space(select_in), seed))
    print_table(console, choice_table(selection))
    console.print(" ".join(filter(None, (f"The choice is {selection.verdict}.", selection.note))))


@app.command()
@in_one_line
def evaluate(
    run_path: RunPath,
    dataset: Annotated[list[str], typer.Option(help="Data set to train on; may be given several times.")] = NO_NAMES,
    own_data: OwnData = None,
    epochs: Epochs = 100,
    seed: Seed = 0,
    jobs: Jobs = None,
    device: Device = "cpu",
    data_dir: DataDir = None,
    download: Download = False,
    quantize: Quantize = "auto",
    pretrain: Pretrain = None,
    pretrain_epochs: PretrainEpochs = None,
    scheduler: Scheduler = None,
    plugin: Plugins = NONE,
    target_files: TargetFiles = NONE,
) -> None:
    """Step 3: train, prune, quantize and test the chosen models."""
    directory = RunDirectory.open(run_path)
    catalogue = gather(plugin, target_files)
    goal = recorded_target(catalogue, directory)
    size = recorded_input(directory)
    if not dataset and own_data is None:
        raise ConfigurationError("name a data set with --dataset, or your own with --data")
    machine = compose_machine(jobs, scheduler, None, device)
    for name in [*dataset, *([None] if own_data else [])]:
        training = compose_training(
            catalogue,
            name,
            data_dir,
            size,
            epochs=epochs,
            quantize=quantize,
            pretrain=pretrain,
            pretrain_epochs=pretrain_epochs,
            download=download,
            own_data=None if name else own_data,
            seed=seed,
            device=device,
        )
        print_data(training)
        seen = directory.for_dataset(training.dataset)
        with ProgressBars(console) as progress:
            models = pipeline.evaluate(seen, training, goal, machine, progress)
        print_models(models, seen.results)


@app.command()
@in_one_line
def deploy(
    run_path: RunPath, emulate: Emulate = False, plugin: Plugins = NONE, target_files: TargetFiles = NONE
) -> None:
    """Write the trained models as C and ONNX, compile and run them on the test set."""
    directory = RunDirectory.open(run_path)
    catalogue = gather(plugin, target_files)
    goal = recorded_target(catalogue, directory)
    trained = directory.evaluated()
    if not trained:
        raise RunDirectoryError(f"{directory.path} holds no trained model; run `prototypenas evaluate` first")
    for seen in trained:
        training = recorded_training(catalogue, seen)
        with ProgressBars(console) as progress:
            models = pipeline.deploy(seen, training.evaluator, goal, emulate=emulate, progress=progress)
        for model in models if emulate else ():
            console.print(f"trial {model.candidate.number}, layer by layer on an emulated {goal.core}:")
            print_table(console, instruction_table(model))
        print_models(models, seen.results)


@app.command()
@in_one_line
def report(run_path: RunPath, plugin: Plugins = NONE, target_files: TargetFiles = NONE) -> None:
    """Write report.html and the figures from whatever the run directory holds."""
    directory = RunDirectory.open(run_path)
    goal = recorded_target(gather(plugin, target_files), directory)
    for seen in directory.evaluated() or [directory]:
        console.print(f"report: {pipeline.report(seen, goal)}")


@app.command("list")
@in_one_line
def list_parts(
    what: Annotated[str, typer.Argument(help="targets, architectures, proxies, datasets, published or samplers.")],
    plugin: Plugins = NONE,
    target_files: TargetFiles = NONE,
) -> None:
    """List what can be named: targets, architectures, proxies, datasets, published networks, samplers."""
    catalogue = gather(plugin, target_files)
    listings = {
        "targets": target_table(catalogue.targets),
        "architectures": Table(
            ("Architecture", "Tasks", "Kernels"),
            tuple(
                (name, ", ".join(task for task, pool in catalogue.pools.items() if name in pool), _joined(kernels))
                for name, kernels in ((name, catalogue.kernels[name]) for name in catalogue.baselines)
            ),
            names=3,
        ),
        "proxies": Table(
            ("Proxy", "What it is"),
            tuple((name, _summary(proxy)) for name, proxy in catalogue.proxies.items()),
            names=2,
        ),
        "datasets": Table(
            ("Data set", "What it is"),
            tuple((name, source.description) for name, source in catalogue.datasets.items()),
            names=2,
        ),
        "published": Table(
            ("Network", "Input", "MMACs", "Parameters", "Source"),
            tuple(
                (name, _joined(one.input_shape, "x"), f"{one.macs / 1e6:.1f}", f"{one.parameters:,}", one.source)
                for name, one in PUBLISHED.items()
            ),
        ),
        "samplers": Table(("Sampler",), tuple((name,) for name in SAMPLERS)),
    }
    print_table(console, choose("listing", what, listings))


def _joined(values: tuple[int, ...], between: str = ", ") -> str:
    return between.join(str(value) for value in values)


def _summary(described: object) -> str:
    return (inspect.getdoc(described) or "").partition("\n")[0]


@app.command()
@in_one_line
def show(
    architecture: Annotated[str, typer.Argument(help="Architecture; see `list architectures`.")],
    configuration: ConfigurationText = None,
    input_size: Annotated[str | None, typer.Option("--input", help="CxHxW (3x128x128) or CxT (6x512).")] = None,
    classes: Annotated[int, typer.Option(min=2)] = 10,
    plugin: Plugins = NONE,
) -> None:
    """Print the groups of a configuration as a table; its reference configuration if none is given."""
    catalogue = gather(plugin, [])
    baseline = choose("architecture", architecture, catalogue.baselines)
    shown = parse_configuration(architecture, configuration) if configuration else reference_of(architecture)
    rows = describe(
        baseline, shown, parse_input_shape(input_size) if input_size else usual_input(architecture), classes
    )
    console.print(f"{architecture}: {write_configuration(shown)}")
    print_table(console, block_table(rows))


@app.command()
@in_one_line
def measure(
    network: Annotated[
        str, typer.Argument(help="Published network, architecture, file.pt2, or module:function.", metavar="NETWORK")
    ],
    target: TargetName = DEFAULT_TARGET,
    configuration: ConfigurationText = None,
    input_size: InputSize = None,
    classes: Annotated[int | None, typer.Option(min=2, help="Number of classes.")] = None,
    layers: Annotated[bool, typer.Option("--layers", help="Also print every layer.")] = False,
    plan: Annotated[bool, typer.Option("--plan", help="Also print the memory plan.")] = False,
    plugin: Plugins = NONE,
    target_files: TargetFiles = NONE,
) -> None:
    """Price a network on a target: RAM, ROM, FLOPs, memory plan and an estimate of its latency."""
    catalogue = gather(plugin, target_files)
    goal = choose("target", target, catalogue.targets)
    shape = parse_input_shape(input_size) if input_size else None
    module, shape = network_to_measure(catalogue, network, configuration, shape, classes)
    measured = measure_network(module, shape, goal)
    print_table(console, measurement_table(measured, goal))
    if layers:
        print_table(console, layer_table(measured))
    if plan:
        print_table(console, plan_table(measured))


def compose_training(
    catalogue: Catalogue,
    dataset: str | None,
    data_dir: Path | None,
    input_size: str | None,
    *,
    epochs: int,
    quantize: str,
    pretrain: Path | None = None,
    pretrain_epochs: int | None = None,
    download: bool = False,
    own_data: Path | None = None,
    seed: int,
    device: str,
) -> Training:
    """Load the data set, by name or from the user's own path, and say how models are trained on it."""
    # Lightning comes with them and takes a second; `list` and `measure` need neither.
    from evaluators.classification import classification_evaluator  # noqa: PLC0415
    from evaluators.pretraining import pretraining_on  # noqa: PLC0415
    from evaluators.quantizing import AWARE, POST_TRAINING  # noqa: PLC0415

    if (dataset is None) == (own_data is None):
        raise ConfigurationError("give either the name of a data set or --data with a path of your own")
    if pretrain is None and pretrain_epochs is not None:
        raise ConfigurationError("--pretrain-epochs needs --pretrain with a folder of pictures")
    shape = parse_input_shape(input_size) if input_size else None
    plan = choose("quantization", quantize, {"auto": None, "ptq": POST_TRAINING, "qat": AWARE})
    if own_data is not None:
        data = open_dataset(own_data, input_shape=shape)
    else:
        source = choose("data set", dataset or "", catalogue.datasets)
        data = source.load(data_dir, download=download, input_shape=shape)
    evaluator = classification_evaluator(data, epochs=epochs)
    epochs_before = pretrain_epochs or PRETRAIN_EPOCHS
    pretraining = None if pretrain is None else pretraining_on(pretrain, data, epochs=epochs_before)
    arguments = {
        "own_data": None if own_data is None else str(own_data),
        "data_dir": None if data_dir is None else str(data_dir),
        "input_size": input_size,
        "epochs": epochs,
        "quantize": quantize,
        "data_digest": data.digest(),
        **({} if pretraining is None else pretraining.arguments()),
    }
    return Training(
        dataset or data.name,
        evaluator if plan is None else replace(evaluator, quantization=plan),
        catalogue.baselines,
        arguments,
        seed=seed,
        device=device,
        plugins=catalogue.plugins,
        summary=summary_of(data),
        pretraining=pretraining,
    )


def recorded_training(catalogue: Catalogue, run: RunDirectory) -> Training:
    """Compose the training that a run directory records."""
    own, dataset, data_dir, size, epochs, quantize, seed = run.recorded(
        run.evaluation_section,
        own_data=str | None,
        dataset=str,
        data_dir=str | None,
        input_size=str | None,
        epochs=int | None,
        quantize=str,
        seed=int,
    )
    own_data = None if own is None else Path(own)
    return compose_training(
        catalogue,
        None if own_data else dataset,
        None if data_dir is None else Path(data_dir),
        size,
        epochs=epochs,
        quantize=quantize,
        own_data=own_data,
        seed=seed,
        device="cpu",
    )


def check_names(catalogue: Catalogue, architectures: str, proxy_names: str, sampler: str, probe: str) -> None:
    """Refuse unknown names at once: reading the data may take minutes."""
    if architectures:
        choose_all("architecture", parse_names(architectures), catalogue.baselines)
    choose_all("proxy", parse_names(proxy_names), catalogue.proxies)
    name_and_population(sampler)
    choose("probe", probe, PROBES)


def compose_search(
    catalogue: Catalogue,
    task: str,
    input_shape: InputShape,
    num_classes: int,
    *,
    target: Target,
    architectures: str,
    proxy_names: str,
    probe: Probe | None,
    batch_size: int,
    weight_seeds: int,
    trials: int,
    sampler: str,
    seed: int,
    device: str,
) -> Search:
    """Say what is explored."""
    pool = choose("task", task, catalogue.pools)
    baselines = choose_all("architecture", parse_names(architectures) or pool, catalogue.baselines)
    elsewhere = {name: other for other, names in catalogue.pools.items() for name in names}
    for name in baselines:
        if name not in pool and name in elsewhere:
            raise ConfigurationError(f"{name} is an architecture for {elsewhere[name]}, not for {task}")
    exploration = ExplorationTask(
        baselines,
        choose_all("proxy", parse_names(proxy_names), catalogue.proxies),
        input_shape,
        num_classes,
        target,
        target.budget,
        seed=seed,
        weight_seeds=weight_seeds,
        batch_size=batch_size,
        probe=probe,
        device=device,
        plugins=catalogue.plugins,
    )
    return Search(exploration, SearchSpace(tuple(baselines), catalogue.kernels), trials, sampler, seed)


def compose_probe(kind: str, evaluator: Evaluator, batch_size: int, seed: int) -> Probe | None:
    """Give the real batches for `dataset`, `None` for `gaussian`."""
    return evaluator.probe(batch_size=batch_size, seed=seed) if choose("probe", kind, PROBES) else None


def compose_machine(jobs: int | None, scheduler: str | None, storage: str | None, device: str) -> Machine:
    """Say where the work is done, and see at once that it is there; a GPU trains one model at a time."""
    if scheduler is not None:
        gpus = 0 if named_device(device)[0] == "cpu" else 1
        return Machine(DaskWorkers(scheduler, gpus), DaskPool(scheduler, gpus), storage)
    kind, _ = parsed_device(device)
    workers = (jobs or available_cores()) if kind == "cpu" else 1
    return Machine(LocalProcesses(jobs), LocalPool(workers), storage)


def limited(target: Target, ram: str | None, rom: str | None, flops: str | None) -> Target:
    """Give the target with the limits asked for in place of its own."""
    budget = target.budget
    return replace(
        target,
        budget=Budget(
            ram_bytes=parse_amount("RAM", ram) if ram else budget.ram_bytes,
            rom_bytes=parse_amount("ROM", rom) if rom else budget.rom_bytes,
            flops=parse_amount("FLOPs", flops) if flops else budget.flops,
        ),
    )


def known_space(name: str) -> str:
    """Give a selection space's name back, or the near matches."""
    choose("selection space", name, SPACES)
    return name


def recorded_target(catalogue: Catalogue, run: RunDirectory) -> Target:
    """Give the target that a run was explored for."""
    return choose("target", run.recorded("exploration", target=str)[0], catalogue.targets)


def recorded_input(run: RunDirectory) -> str:
    """Give the input shape that a run was explored for, as it is typed."""
    return "x".join(str(size) for size in run.recorded("exploration", input_shape=list)[0])


def usual_input(architecture: str) -> InputShape:
    """Give the input shape an architecture is shown with if none is asked for."""
    return (6, 512) if architecture in TIME_SERIES_POOL else (3, 128, 128)


def reference_of(architecture: str) -> Configuration:
    """Give an architecture's reference configuration; a plug-in's has none."""
    if architecture not in REFERENCES:
        raise ConfigurationError(f"{architecture} has no reference configuration; give one as {CONFIGURATION_FORM!r}")
    return REFERENCES[architecture]


def network_to_measure(
    catalogue: Catalogue, name: str, configuration: str | None, shape: InputShape | None, classes: int | None
) -> tuple[nn.Module, InputShape]:
    """Find what a name means: a published network, an architecture, or a file or function of the user's."""
    if name in PUBLISHED:
        published = PUBLISHED[name]
        return published.build(classes or published.num_classes), shape or published.input_shape
    if name in catalogue.baselines:
        configured = parse_configuration(name, configuration) if configuration else reference_of(name)
        shape = shape or usual_input(name)
        return catalogue.baselines[name](configured, shape, classes or 10), shape
    if ":" not in name and not name.endswith(".pt2"):
        choose("network", name, _merged(PUBLISHED, [catalogue.baselines]))
    if shape is None:
        raise ConfigurationError(f"the input of {name} is not known; give --input CxHxW or CxT")
    return load_network(name), shape


def print_data(training: Training) -> None:
    """Print what will be trained on: classes, sizes and the split; and what is learnt before that."""
    summary = training.summary
    if summary is not None:
        shape = _joined(summary.input_shape, "x")
        console.print(f"{summary.name}: {len(summary.classes)} classes, {shape}; split: {summary.split}")
        print_table(console, class_table(summary))
    if training.pretraining is not None:
        console.print(training.pretraining.summary())


def print_models(models: list[ModelResult], place: Path) -> None:
    """Print the final table and where everything lies."""
    print_table(console, final_table(models))
    for table in (sizes_table(models), emulation_table(models)):
        if table.rows:
            print_table(console, table)
    for note in delivery_notes(models):
        console.print(f"note: {note}")
    console.print(f"everything else: {place}")
