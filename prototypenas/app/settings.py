"""What a user can set, once for the command line and for Python: one frozen class a theme, one field an option.

To add an option, add a field here and read it where the part is composed (`composition.py`,
`training_composition.py`); every command that takes the class then has it.

Values stay as they are typed (`1-3`, `64KiB`) until they are composed: settings files, `run.json`, the command line and
Python say the same in the same words. `None` and the empty text leave it to the preset, the target or the data.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from prototypenas.app.presets import DEFAULT_PRESET, PRESETS
from prototypenas.exploration.defaults import DEFAULT_SAMPLER, DEFAULT_TRIALS
from prototypenas.exploration.samplers import SAMPLERS
from prototypenas.objectives import COSTS
from prototypenas.selection import SOLVERS, SPACES

PRETRAIN_EPOCHS = 50
"""The paper's, on ImageNet."""

ExecutionName = Annotated[
    str,
    typer.Option(
        "--execution",
        help="auto: row by row where that takes less RAM; layers; rows: the input is handed in row by row too.",
        rich_help_panel="Target and limits",
    ),
]
DEFAULT_TARGET = "imxrt1062"
"""The paper's microcontroller."""

DATA, SEARCH, SCORING, LIMITS, SELECTION, REFINEMENT, TRAINING, MACHINE, PARTS = (
    "Data",
    "Search",
    "Scoring",
    "Target and limits",
    "Selection",
    "Refinement",
    "Training and deployment",
    "Machine",
    "Own parts",
)
"""Titles of the help panels."""

Seed = Annotated[
    int, typer.Option(min=0, max=2**32 - 1, help="The same seed gives the same result on any number of jobs.")
]
Emulate = Annotated[
    bool,
    typer.Option("--qemu", help="Also run the C on an emulated core of the target.", rich_help_panel=TRAINING),
]


@dataclass(frozen=True)
class DataSettings:
    """Where the data come from."""

    own_data: Annotated[
        Path | None,
        typer.Option(
            "--data",
            help="Your own: a folder of pictures or sounds by class, .npz, .csv, .parquet, .ts, or a .zip of these.",
            rich_help_panel=DATA,
        ),
    ] = None
    layout: Annotated[
        str | None,
        typer.Option(
            help="How --data is read where two ways are open: NHW, NTC, wide, classes, ...", rich_help_panel=DATA
        ),
    ] = None
    label_column: Annotated[
        str | None, typer.Option(help="Column of a table that holds the classes.", rich_help_panel=DATA)
    ] = None
    series_column: Annotated[
        str | None, typer.Option(help="Column of a table that tells series apart.", rich_help_panel=DATA)
    ] = None
    group_column: Annotated[
        str | None,
        typer.Option(help="Column of subjects or recordings that are not parted by the split.", rich_help_panel=DATA),
    ] = None
    ignore_columns: Annotated[
        str, typer.Option(help="Columns that are no signal, with commas between.", rich_help_panel=DATA)
    ] = ""
    value_range: Annotated[
        str | None,
        typer.Option(help="Values for black and white of pictures in arrays: 0:1.", rich_help_panel=DATA),
    ] = None
    data_dir: Annotated[Path | None, typer.Option(help="Folder that holds the data set.", rich_help_panel=DATA)] = None
    download: Annotated[
        bool, typer.Option("--download", help="Fetch the data set if it is missing.", rich_help_panel=DATA)
    ] = False


@dataclass(frozen=True)
class TargetSettings:
    """The microcontroller searched for and its limits."""

    target: Annotated[
        str, typer.Option("--target", help="Microcontroller; see `list targets`.", rich_help_panel=LIMITS)
    ] = DEFAULT_TARGET
    limit: Annotated[
        list[str],
        typer.Option(
            "--limit",
            help=f"Limit, instead of the target's own: ram=320KiB, flops=250M, latency=50ms; of {', '.join(COSTS)}. "
            "May be given several times.",
            rich_help_panel=LIMITS,
        ),
    ] = field(default_factory=list)
    execution: ExecutionName = "auto"


@dataclass(frozen=True)
class SearchSettings:
    """What is explored, by what it is scored, and how long."""

    trials: Annotated[
        int, typer.Option(min=1, max=10_000_000, help="Candidates to explore.", rich_help_panel=SEARCH)
    ] = DEFAULT_TRIALS
    architectures: Annotated[
        str, typer.Option(help="Architectures to search instead of the task's whole pool.", rich_help_panel=SEARCH)
    ] = ""
    depths: Annotated[
        str, typer.Option(help="Superblocks of a group that are searched: 1-3, or 1,2.", rich_help_panel=SEARCH)
    ] = ""
    widths: Annotated[
        str, typer.Option(help="Range of the width multiplier: 0.25-1.0, or one value.", rich_help_panel=SEARCH)
    ] = ""
    kernels: Annotated[
        str, typer.Option(help="Kernel sizes that are searched, of those offered: 3,5.", rich_help_panel=SEARCH)
    ] = ""
    strides: Annotated[str, typer.Option(help="Strides that are searched: 1,2, or one.", rich_help_panel=SEARCH)] = ""
    sparsities: Annotated[
        str, typer.Option(help="Range of pruned shares: 0-0.5, or one value.", rich_help_panel=SEARCH)
    ] = ""
    fix: Annotated[
        str,
        typer.Option(help="Values that are not searched: group1_stride=2,group4_depth=1.", rich_help_panel=SEARCH),
    ] = ""
    sampler: Annotated[
        str,
        typer.Option(
            "--sampler",
            help=f"One of {', '.join(SAMPLERS)}; a population may follow, as in nsga2:200.",
            rich_help_panel=SEARCH,
        ),
    ] = DEFAULT_SAMPLER
    objectives: Annotated[
        str,
        typer.Option(
            "--objectives",
            help=f"What is traded off instead of the preset's objectives: costs ({', '.join(COSTS)}) and proxies "
            "(`list proxies`), as flops,meco_opt.",
            rich_help_panel=SCORING,
        ),
    ] = ""
    probe_batch: Annotated[
        int, typer.Option(min=2, max=65_536, help="Samples in a batch of the probe.", rich_help_panel=SCORING)
    ] = 16
    preset: Annotated[
        str,
        typer.Option("--preset", help=f"Objectives and rule of choice: {', '.join(PRESETS)}.", rich_help_panel=SEARCH),
    ] = DEFAULT_PRESET
    weight_seeds: Annotated[
        int,
        typer.Option(
            min=1, max=1000, help="Drawings of the weights that scores are averaged over.", rich_help_panel=SCORING
        ),
    ] = 1
    proxy_timeout: Annotated[
        float,
        typer.Option(
            min=1.0,
            max=10_000_000,
            help="Seconds after which a candidate that one proxy still works on is rejected.",
            rich_help_panel=SCORING,
        ),
    ] = 300.0


@dataclass(frozen=True)
class SelectionSettings:
    """Which candidates of the front are kept."""

    keep: Annotated[
        str, typer.Option(help="Models to keep: a number, or a range such as 3-5.", rich_help_panel=SELECTION)
    ] = "3-5"
    select_in: Annotated[
        str,
        typer.Option(help=f"Selection space instead of the preset's: {', '.join(SPACES)}.", rich_help_panel=SELECTION),
    ] = ""
    solver: Annotated[
        str,
        typer.Option(
            help=f"How the subset is found instead of the preset's way: {', '.join(SOLVERS)}.",
            rich_help_panel=SELECTION,
        ),
    ] = ""


@dataclass(frozen=True)
class RefinementSettings:
    """How long promising candidates are trained before the selection."""

    refine: Annotated[
        str,
        typer.Option(
            help="Time for short trainings before the selection, on one core: 10m, 90s; no leaves them out; auto "
            "derives it, and leaves them out with --preset paper.",
            rich_help_panel=REFINEMENT,
        ),
    ] = "auto"


@dataclass(frozen=True)
class TrainingSettings:
    """How the chosen models are trained and quantized."""

    epochs: Annotated[
        int | None,
        typer.Option(
            min=1, max=100_000, help="Passes over the training data instead of --steps.", rich_help_panel=TRAINING
        ),
    ] = None
    steps: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1_000_000_000,
            help="Optimizer steps of each chosen model; derived from the data.",
            rich_help_panel=TRAINING,
        ),
    ] = None
    train_minutes: Annotated[
        float | None,
        typer.Option(
            max=1_000_000,
            help="Nominal minutes of one core that training a model takes at most; 6 without --steps and --epochs.",
            rich_help_panel=TRAINING,
        ),
    ] = None
    early_stopping: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=1_000_000_000,
            help="Epochs without a better validation accuracy that end training; 0: never.",
            rich_help_panel=TRAINING,
        ),
    ] = None
    augment: Annotated[
        str,
        typer.Option(
            help="auto, none, or a list such as auto,flip: shift, flip, rotate, scale, brightness, erase, random "
            "(images); shift, rotate, scale, speed, erase, noise (series).",
            rich_help_panel=TRAINING,
        ),
    ] = "auto"
    learning_rate: Annotated[
        float | None, typer.Option(max=1_000_000, help="Highest learning rate of training.", rich_help_panel=TRAINING)
    ] = None
    batch_size: Annotated[
        int | None,
        typer.Option(
            min=2, max=1_000_000, help="Samples of a training step; derived from the data.", rich_help_panel=TRAINING
        ),
    ] = None
    class_weights: Annotated[
        bool,
        typer.Option(
            "--class-weights", help="Weigh classes by their inverse frequency in training.", rich_help_panel=TRAINING
        ),
    ] = False
    quantize: Annotated[
        str, typer.Option(help="ptq, qat, or auto: ptq for images, qat for series.", rich_help_panel=TRAINING)
    ] = "auto"
    pretrain: Annotated[
        Path | None,
        typer.Option(
            "--pretrain",
            help="Folder of pictures by class that one network an architecture learns first.",
            rich_help_panel=TRAINING,
        ),
    ] = None
    pretrain_epochs: Annotated[
        int | None,
        typer.Option(
            min=1, max=100_000, help=f"Epochs of that; {PRETRAIN_EPOCHS} if not given.", rich_help_panel=TRAINING
        ),
    ] = None
    threads: Annotated[
        int,
        typer.Option(
            min=1,
            max=1024,
            help="Threads of one training; another number gives other last digits, so it is recorded.",
            rich_help_panel=TRAINING,
        ),
    ] = 1


@dataclass(frozen=True)
class DeviceSettings:
    """Where the work is done."""

    jobs: Annotated[
        int | None,
        typer.Option(min=1, max=1024, help="Worker processes; as many as cores if not given.", rich_help_panel=MACHINE),
    ] = None
    device: Annotated[
        str,
        typer.Option(help="Where models are scored and trained: cpu, cuda, cuda:1, ...", rich_help_panel=MACHINE),
    ] = "cpu"
    scheduler: Annotated[
        str | None,
        typer.Option(help="Dask scheduler whose workers do the work: tcp://host:8786.", rich_help_panel=MACHINE),
    ] = None


@dataclass(frozen=True)
class StorageSettings:
    """Where the study is kept beside the run directory."""

    storage: Annotated[
        str | None, typer.Option(help="URL of an Optuna storage that gets the study.", rich_help_panel=MACHINE)
    ] = None


@dataclass(frozen=True)
class PartSettings:
    """Files that bring parts of the user's own."""

    plugin: Annotated[
        list[Path],
        typer.Option(
            "--plugin", help="Python file with PROXIES, BASELINES, DATASETS or TARGETS.", rich_help_panel=PARTS
        ),
    ] = field(default_factory=list)
    target_files: Annotated[
        list[Path], typer.Option("--targets", help="TOML file with targets of your own.", rich_help_panel=PARTS)
    ] = field(default_factory=list)
    latency_tables: Annotated[
        list[Path],
        typer.Option("--latency-table", help="Cycles measured on a board; see `bench`.", rich_help_panel=PARTS),
    ] = field(default_factory=list)
