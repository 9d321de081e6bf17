"""The first part of a training, and how well the network does by then on data held out of it."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from evaluators.task import Task
from evaluators.training.job import run_job
from evaluators.training.keeper import PruningPlan, TrainingJob
from evaluators.training.pruning_schedule import PruningSchedule
from evaluators.training.recipe import Recipe
from prototypenas.errors import TrainingError
from prototypenas.progress import Silent
from prototypenas.protocols import Baseline, BriefResult
from prototypenas.types import Candidate

HELD_OUT_SHARE = 0.1
"""Of the training data, where the recipe holds nothing out."""
MOST_HELD_OUT = 2_000
"""Samples that the score is measured on: its standard error is then about a point."""
AVERAGE_DECAY = 0.9
"""The average of the weights over about ten steps is what is scored: single steps at a high rate are noise, and a
longer average would still hold much of the untrained weights after the first rung."""


def train_briefly(
    task: Task[Any],
    recipe: Recipe,
    candidate: Candidate,
    baseline: Baseline,
    *,
    directory: Path,
    steps: int,
    units: tuple[int, int],
    seed: int,
    device: str,
) -> BriefResult:
    """Train a network, built at its pruned widths, up to the first of `units`, of a training of the second.

    A unit is `steps` optimizer steps. Called again with more units, it continues.

    Raises:
        TrainingError: if the loss stops being finite.
        RunDirectoryError: if `directory` holds a damaged file.
    """
    directory.mkdir(parents=True, exist_ok=True)
    until, total = units
    short = _short_recipe(recipe, len(task.train), steps, total)
    parts = (task.digest(), short, candidate.configuration, seed)
    job = TrainingJob(
        title=f"trial {candidate.number}",
        phase="train",
        task=task,
        recipe=short,
        seed=seed,
        device=device,
        directory=directory,
        fingerprint=hashlib.sha256(repr(parts).encode()).hexdigest()[:16],
        progress=Silent(),
        until=until,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = baseline(candidate.configuration, task.input_shape, task.num_classes)
        task.check_network(network)
        state = run_job(job, network, PruningPlan(PruningSchedule(), ()))
    held_out = task.divided(short.validation_share)[1]
    last = state.history[-1]
    if held_out is None or last.validation_score is None:
        raise TrainingError(f"nothing of {task.name} could be held out to score trial {candidate.number}")
    # The rung after n units has just trained the last (n + 1) / 2 of them.
    rung = state.history[-((until + 1) // 2) :]
    loss = sum(row.train_loss for row in rung) / len(rung)
    return BriefResult(loss, last.validation_score, len(held_out))


def _short_recipe(recipe: Recipe, samples: int, steps: int, units: int) -> Recipe:
    """Return the recipe with this length, half a unit of warm-up, and a small held-out part."""
    share = recipe.validation_share or HELD_OUT_SHARE
    return replace(
        recipe,
        epochs=units,
        steps_per_epoch=steps,
        warmup_epochs=0.5,
        warmup_share=0.5,
        early_stopping=0,
        average_decay=AVERAGE_DECAY,
        average_ramp=0.0,
        validation_share=min(share, max(MOST_HELD_OUT / samples, 1e-6)),
    )
