"""Runs Lightning's trainer over the epochs still missing, and leaves nothing behind on the terminal."""

import logging
import signal
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from lightning.pytorch import Callback, Trainer
from lightning.pytorch.loggers import TensorBoardLogger

from evaluators.training.batches import ShuffledBatches
from evaluators.training.learning import LearningTask
from prototypenas.devices import parsed_device


def fit(
    task: LearningTask,
    batches: ShuffledBatches,
    callbacks: Sequence[Callback],
    *,
    device: str,
    directory: Path,
    tensorboard: bool,
) -> None:
    """Train the epochs from `task.first_epoch` to the recipe's last.

    Raises:
        TrainingError: if the loss is not finite.
        KeyboardInterrupt: as pressed.
        ConfigurationError: for a device that is not there.
    """
    kind, index = parsed_device(device)
    logger = TensorBoardLogger(str(directory), name="", version="tensorboard") if tensorboard else False
    with quiet_lightning():
        trainer = Trainer(
            accelerator=kind,
            devices=index if kind == "cuda" else 1,
            precision="bf16-mixed" if kind == "cuda" else "32-true",
            max_epochs=task.recipe.epochs - task.first_epoch,
            callbacks=list(callbacks),
            logger=logger,
            gradient_clip_val=task.recipe.gradient_norm or None,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            limit_val_batches=0,
            num_sanity_val_steps=0,
            use_distributed_sampler=False,
            default_root_dir=str(directory),
        )
        answering = signal.getsignal(signal.SIGINT)
        try:
            trainer.fit(task, train_dataloaders=batches)
        except SystemExit as stopped:
            # Lightning turns Ctrl+C into an exit with the signal switched off.
            signal.signal(signal.SIGINT, answering)
            raise KeyboardInterrupt from stopped


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Keep Lightning's advice about loaders, loggers and accelerators from the terminal, for the time of the block."""
    loggers = [logging.getLogger(name) for name in ("lightning.pytorch", "lightning.fabric", "lightning")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"lightning\.")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
