"""What happens around an epoch: pruning before it; validation, checkpoint, tables and progress after it."""

import copy
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.loggers import TensorBoardLogger
from torch import nn

from evaluators.task import Part, Task
from evaluators.training.batches import ShuffledBatches
from evaluators.training.checkpoints import TrainingState, save_state, save_whole
from evaluators.training.learning import LearningTask
from evaluators.training.pruning import carry_momentum, cut_channels, momentum_by_name
from evaluators.training.pruning_schedule import PruningSchedule
from evaluators.training.recipe import Recipe
from evaluators.training.records import EpochRecord, PruningRecord, write_rows
from prototypenas.progress import Progress
from prototypenas.prototype import ChannelDimension, Prototype
from prototypenas.types import metric_name

WITHOUT_VALIDATION = 1024
"""Training samples that the score around a pruning step is measured on where none were held out."""


CHECKPOINT = "checkpoint.pt"
"""In a model's folder: the weights of the best epoch at the final widths."""


@dataclass(frozen=True)
class PruningPlan:
    """Which dimensions shrink, and when."""

    schedule: PruningSchedule
    dimensions: tuple[ChannelDimension, ...]

    @property
    def full(self) -> dict[str, int]:
        """Channels before any pruning."""
        return {dimension.name: dimension.channels for dimension in self.dimensions}

    @property
    def target(self) -> dict[str, int]:
        """Channels of the configuration."""
        return {dimension.name: dimension.kept for dimension in self.dimensions}


@dataclass(frozen=True)
class TrainingJob:
    """What is trained with which recipe, and where its files go."""

    title: str
    """As progress shows it."""
    phase: str
    """`train` or `quantize`; names the state file."""
    task: Task[Any]
    recipe: Recipe
    seed: int
    device: str
    directory: Path
    fingerprint: str
    progress: Progress
    tensorboard: bool = False
    until: int | None = None
    """Stop after so many of the recipe's epochs, to be continued; `None` trains all."""
    earlier: tuple[EpochRecord, ...] = ()
    """Rows of an earlier phase, kept in front of this one's in `history.csv`."""

    @property
    def last_epoch(self) -> int:
        """Number of epochs after which this job ends."""
        return self.recipe.epochs if self.until is None else min(self.until, self.recipe.epochs)

    @property
    def last_path(self) -> Path:
        """Everything the next epoch depends on."""
        return self.directory / ("last.pt" if self.phase == "train" else f"last_{self.phase}.pt")

    @property
    def best_path(self) -> Path:
        """Weights of the best epoch at the final widths."""
        return self.directory / (CHECKPOINT if self.phase == "train" else f"checkpoint_{self.phase}.pt")


class Keeper(Callback):
    """Prunes before an epoch; after it validates, saves, records and reports."""

    def __init__(
        self,
        job: TrainingJob,
        task: LearningTask,
        plan: PruningPlan,
        state: TrainingState,
        *,
        batches: ShuffledBatches,
        validation: Part | None,
    ) -> None:
        self.job = job
        self.task = task
        self.plan = plan
        self.state = state
        self.batches = batches
        self.validation = validation
        self._started = time.monotonic()
        self._reported = 0.0

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Set the batches of the epoch; prune if it is due."""
        self._started = time.monotonic()
        self.batches.epoch = self.task.epoch
        wanted = self.plan.schedule.kept(self.plan.dimensions, self.task.epoch, self.job.recipe.epochs)
        if wanted != dict(self.state.kept):
            self._prune(wanted)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Report, a few times a second."""
        now = time.monotonic()
        if now - self._reported > 0.25:
            self._reported = now
            done = self.task.epoch + (batch_idx + 1) / len(self.batches)
            self.job.progress.update(self.job.title, done, self.job.recipe.epochs)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Validate, save, record, report."""
        loss, right = self.task.epoch_means()
        tested = self._tested_network()
        held_out = None
        if self.validation is not None:
            held_out = self.job.task.score(tested, self.validation)
        record = EpochRecord(
            phase=self.job.phase,
            epoch=self.task.epoch + 1,
            train_loss=loss,
            train_score=right,
            validation_score=held_out,
            learning_rate=self.task.learning_rate,
            channels=sum(self.state.kept.values()),
            parameters=_parameters(self.task.network),
            seconds=time.monotonic() - self._started,
        )
        self._save(tested, record)
        self._report(trainer, record)
        if has_stopped(self.job.recipe, self.state, self.plan):
            trainer.should_stop = True
            self.job.progress.update(self.job.title, self.job.recipe.epochs, self.job.recipe.epochs, "stopped early")

    def _prune(self, wanted: dict[str, int]) -> None:
        before = self._current_score()
        network, optimizer = self.task.network, self.task.optimizer
        assert isinstance(network, Prototype)  # only prototypes have dimensions to prune
        momentum = momentum_by_name(optimizer, network)
        cut = cut_channels(network, wanted, self.job.task, self.plan.schedule.importance)
        if len(self.job.task.input_shape) == 3:
            network.to(memory_format=torch.channels_last)
        carry_momentum(optimizer, network, momentum, cut)
        if self.task.averaged is not None:
            self.task.averaged = {name: cut.apply(name, value) for name, value in self.task.averaged.items()}
        record = PruningRecord(
            epoch=self.task.epoch + 1,
            channels_before=sum(self.state.kept.values()),
            channels_after=sum(wanted.values()),
            parameters_after=_parameters(self.task.network),
            score_before=before,
            score_after=self._current_score(),
        )
        self.state = replace(self.state, kept=wanted, pruning=(*self.state.pruning, record))

    def _current_score(self) -> float:
        samples = self.validation
        if samples is None:
            samples = next(self.job.task.train.batches(WITHOUT_VALIDATION))
        return self.job.task.score(self.task.network, samples)

    def _tested_network(self) -> nn.Module:
        if self.task.averaged is None:
            return self.task.network
        averaged = copy.deepcopy(self.task.network)
        averaged.load_state_dict(self.task.averaged)
        return averaged

    def _save(self, tested: nn.Module, record: EpochRecord) -> None:
        """The best first: a process killed between the two repeats the epoch and finds the same."""
        score = record.validation_score if record.validation_score is not None else 0.0
        best = self.state.best_score
        if dict(self.state.kept) == self.plan.target and score >= best:
            best = score
            content = {"network": tested.state_dict(), "epoch": record.epoch, "validation_score": score}
            save_whole({**content, "fingerprint": self.job.fingerprint}, self.job.best_path)
        self.state = replace(
            self.state,
            finished_epochs=record.epoch,
            network=self.task.network.state_dict(),
            optimizer=self.task.optimizer.state_dict(),
            averaged=self.task.averaged,
            best_score=best,
            history=(*self.state.history, record),
        )
        save_state(self.state, self.job.last_path)
        write_tables(self.job, self.state)

    def _report(self, trainer: Trainer, record: EpochRecord) -> None:
        shown = record.train_score if record.validation_score is None else record.validation_score
        kind = "training" if record.validation_score is None else "validation"
        note = f"loss {record.train_loss:.3f}"
        if shown is not None:
            note += f", {kind} {metric_name(self.job.task.metric)} {100 * shown:.1f} %"
        self.job.progress.update(self.job.title, record.epoch, self.job.recipe.epochs, note)
        if isinstance(trainer.logger, TensorBoardLogger):
            row = {name: value for name, value in asdict(record).items() if isinstance(value, int | float)}
            trainer.logger.log_metrics(row, step=record.epoch)


def has_stopped(recipe: Recipe, state: TrainingState, plan: PruningPlan) -> bool:
    """Say whether the recipe's patience is over: so many epochs at the final widths without a better score."""
    final = sum(plan.target.values())
    scores = [row.validation_score for row in state.history if row.channels == final]
    told = [score for score in scores if score is not None]
    return 0 < recipe.early_stopping < len(told) - told.index(max(told)) if told else False


def write_tables(job: TrainingJob, state: TrainingState) -> None:
    """Write `history.csv` and `pruning.csv` from the saved state."""
    write_rows((*job.earlier, *state.history), job.directory / "history.csv")
    if state.pruning:
        write_rows(state.pruning, job.directory / "pruning.csv")


def _parameters(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())
