"""What the steps of the pipeline are asked for; each says what the run directory records of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from prototypenas.exploration.candidate_evaluation import ExplorationTask
from prototypenas.exploration.defaults import DEFAULT_SAMPLER, DEFAULT_TRIALS
from prototypenas.exploration.samplers import SamplerMaker
from prototypenas.exploration.space import SearchSpace
from prototypenas.plugins import PluginSource
from prototypenas.protocols import Baseline, Evaluator, References
from prototypenas.runs.dataset_summary import DatasetSummary
from prototypenas.runs.records import Arguments
from prototypenas.selection import DEFAULT_SPACE
from prototypenas.training.pretraining import Pretraining
from prototypenas.workers.in_process import InProcess
from prototypenas.workers.local_processes import LocalProcesses
from prototypenas.workers.pool import Workers


@dataclass(frozen=True)
class Search:
    """Step 1: what is explored, and how long."""

    task: ExplorationTask
    space: SearchSpace
    trials: int = DEFAULT_TRIALS
    sampler: str = DEFAULT_SAMPLER
    seed: int = 0
    samplers: Mapping[str, SamplerMaker] = field(default_factory=dict)
    """Of plug-ins, by name."""
    origins: tuple[str, ...] = ()
    """File and digest of each plug-in that architectures, proxies or target come from."""
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
            **({"plugins": list(self.origins)} if self.origins else {}),
        }


@dataclass(frozen=True)
class Choice:
    """Step 2: how many are kept, and in which space they cover the front best."""

    keep: int | tuple[int, int] = (3, 5)
    space: str = DEFAULT_SPACE
    seed: int = 0
    leader: bool = True
    """Whether the model expected to be the most accurate is always chosen."""
    solver: str = "exact"


@dataclass(frozen=True)
class OtherPreset:
    """Another way to score and choose, which the report compares the choice with."""

    name: str
    task: ExplorationTask
    """With the proxies of that preset."""
    choice: Choice
    seconds: float = 8.0
    """Nominal seconds of one core that scoring by other proxies may take."""


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
        """Return what the run directory records."""
        return {**self.arguments, "dataset": self.dataset, "seed": self.seed, "threads": self.threads}


@dataclass(frozen=True)
class Machine:
    """Where the work is done; no result depends on it."""

    executor: Workers = field(default_factory=LocalProcesses)
    trainings: Workers = field(default_factory=InProcess)
    storage: str | None = None
    """URL of an Optuna storage that gets the study instead of the run's own file."""
