"""From a trained network to its int8 graph: after training, or with further epochs that know the rounding."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from evaluators.task import EVALUATION_BATCH, Part, Task
from evaluators.training.checkpoints import load_whole
from evaluators.training.job import run_job
from evaluators.training.keeper import PruningPlan, TrainingJob
from evaluators.training.pruning_schedule import PruningSchedule
from prototypenas.choices import choose
from prototypenas.compression.calibration import OBSERVERS, calibrate
from prototypenas.compression.fake_quantization import FakeQuantizedNetwork
from prototypenas.compression.simulator import quantize_input, simulate_rows
from prototypenas.errors import ConfigurationError
from prototypenas.graph.graph import IntegerGraph
from prototypenas.graph.lowering import lower

CALIBRATION_SEED = 11
"""Every model is calibrated on the same training samples."""


@dataclass(frozen=True)
class QuantizationPlan:
    """How a network becomes int8."""

    aware_epochs: int = 0
    """Epochs of quantization-aware training after the float ones; 0 quantizes after training only."""
    aware_learning_rate: float = 0.005
    """A tenth of the recipe's: the weights only settle between the steps."""
    calibration_samples: int = 512
    """Training samples, as many of each class, that the activations' ranges are measured on."""
    observer: str = "mse"
    """How a range is chosen; see `prototypenas.compression.calibration.OBSERVERS`."""

    def __post_init__(self) -> None:
        choose("observer", self.observer, OBSERVERS)
        if self.aware_epochs < 0 or self.calibration_samples < 1:
            raise ConfigurationError(
                f"{self.aware_epochs} quantization-aware epochs and {self.calibration_samples} calibration samples; "
                "at least 0 and 1 are needed"
            )


POST_TRAINING = QuantizationPlan()
"""Static quantization after training, as the paper does it for images."""

AWARE_SHARE = 0.15
"""Epochs that know the rounding, as a share of those before: the paper's 15 after 100, for time series."""


def aware_plan(epochs: int) -> QuantizationPlan:
    """Return the plan that goes on with epochs that know the rounding after `epochs` that do not."""
    return QuantizationPlan(aware_epochs=max(2, round(AWARE_SHARE * epochs)))


def quantized_network(network: nn.Module, task: Task[Any], plan: QuantizationPlan) -> FakeQuantizedNetwork:
    """Fold, calibrate and wrap a trained network; what comes back computes with int8's rounding.

    Raises:
        LoweringError: if the network has an operator that the graph lacks.
        QuantizationError: if a range or scale cannot be held.
    """
    graph = lower(network.cpu().eval(), task.input_shape)
    batches = task.calibration_inputs(plan.calibration_samples)
    return FakeQuantizedNetwork(graph, calibrate(graph, batches, observer=OBSERVERS[plan.observer]))


def train_aware(quantized: FakeQuantizedNetwork, job: TrainingJob, plan: QuantizationPlan) -> None:
    """Train the quantized network further in place; the best weights are left in it."""
    # No average: its weights would not be those the ranges were measured with.
    recipe = replace(
        job.recipe,
        epochs=plan.aware_epochs,
        learning_rate=plan.aware_learning_rate,
        warmup_epochs=0.0,
        average_decay=0.0,
        early_stopping=0,
    )
    aware = replace(job, phase="quantize", recipe=recipe)
    run_job(aware, quantized, PruningPlan(PruningSchedule(), ()))
    quantized.load_state_dict(load_whole(aware.best_path)["network"])


def simulated_outputs(graph: IntegerGraph, task: Task[Any], part: Part) -> NDArray[np.int8]:
    """Return what integer arithmetic gives for all samples of a part, `(N, output bytes)`."""
    outputs = [
        simulate_rows(graph, quantize_input(graph, task.prepared(batch).numpy()))
        for batch in part.batches(EVALUATION_BATCH)
    ]
    return np.concatenate(outputs)
