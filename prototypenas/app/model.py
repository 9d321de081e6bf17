"""One trained model of a run."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import nn

from evaluators import ClassificationData
from evaluators.classification import ClassificationTask
from evaluators.evaluator import TaskEvaluator, best_network
from prototypenas.app.given_data import stored
from prototypenas.compression.simulator import dequantize_output, quantize_input, simulate
from prototypenas.deployment.delivery import deliver
from prototypenas.errors import ConfigurationError, RunDirectoryError
from prototypenas.reporting.notebook import table_html
from prototypenas.reporting.report_data import ModelResult
from prototypenas.reporting.table import Table
from prototypenas.reporting.tables import final_table
from prototypenas.runs.delivery_record import C_PROJECT, Delivery
from prototypenas.steps import Training
from prototypenas.types import Evaluation, Target


@dataclass(frozen=True, repr=False)
class TrainedModel:
    """A chosen candidate after training, pruning and quantization."""

    directory: Path
    """Its folder in the run directory."""
    result: ModelResult
    target: Target
    _training: Callable[[], Training]

    @property
    def number(self) -> int:
        """Number of its candidate, which names it in every table."""
        return self.result.candidate.number

    @property
    def evaluation(self) -> Evaluation:
        """How it did on the test data."""
        if self.result.evaluation is None:
            raise RunDirectoryError(f"trial {self.number} is not trained yet; train again to finish it")
        return self.result.evaluation

    @cached_property
    def training(self) -> Training:
        """What it was trained on and how; reads the data set."""
        return self._training()

    def module(self) -> nn.Module:
        """Return the pruned network with its trained weights in floating point, in evaluation mode.

        It takes normalised inputs, as `prepared` gives them.
        """
        candidate = self.result.candidate
        baseline = self.training.baselines[candidate.configuration.architecture]
        return best_network(self._evaluator(), candidate, baseline, self.directory).eval()

    def prepared(self, samples: ArrayLike) -> NDArray[np.float32]:
        """Return samples, stored as the data set stores them, as the network sees them: sized and normalised."""
        return self._data().prepared(torch.as_tensor(stored(samples))).numpy()

    def outputs(self, samples: ArrayLike) -> NDArray[np.float32]:
        """Return what the int8 network computes, as real numbers `(N, num_classes)`: bit for bit what the C does."""
        if self.result.graph is None:
            raise RunDirectoryError(f"trial {self.number} is not quantized yet; train again to finish it")
        graph = self.result.graph
        return dequantize_output(graph, simulate(graph, quantize_input(graph, self.prepared(samples))))[0]

    def predict(self, samples: ArrayLike) -> NDArray[np.int64]:
        """Return the class number `(N,)` that the int8 network gives each sample; `classes` names them."""
        return np.asarray(self.outputs(samples).argmax(axis=1), dtype=np.int64)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, by number."""
        return self._data().classes

    def deploy(self, out: Path | str | None = None, *, emulate: bool = False) -> "Delivered":
        """Write the model as C and ONNX, compile it and hold it against the simulator on the test set.

        The C project is in the model's folder, and copied to `out` where that is given.

        Raises:
            ToolchainError: if the C does not compile, or differs from the simulator.
        """
        name = f"trial_{self.number}"
        found = deliver(self.directory, self._evaluator(), self.target, name=name, emulate=emulate)
        project = self.directory / C_PROJECT
        if out is not None:
            project = Path(shutil.copytree(project, out, dirs_exist_ok=True))
        return Delivered(project, found)

    def _evaluator(self) -> TaskEvaluator:
        return task_evaluator(self.training)

    def _data(self) -> ClassificationData:
        task = self._evaluator().task
        if not isinstance(task, ClassificationTask):
            raise ConfigurationError("this model finds boxes, not classes; take `module()` or `outputs` of the graph")
        return task.data

    def __repr__(self) -> str:
        configuration = self.result.candidate.configuration
        scored = "" if self.result.evaluation is None else f", int8 {100 * self.evaluation.int8_score:.1f} %"
        return f"<TrainedModel {self.number}: {configuration.architecture}{scored}, in {self.directory}>"

    def _repr_html_(self) -> str:
        return table_html(final_table([self.result]))


@dataclass(frozen=True, repr=False)
class Delivered:
    """A C project and what it was found to do."""

    project: Path
    delivery: Delivery

    def __repr__(self) -> str:
        return f"<Delivered in {self.project}: {', '.join(f'{name} {value}' for name, value in self._rows())}>"

    def _repr_html_(self) -> str:
        return table_html(Table(("Delivered", ""), tuple(self._rows()), names=2))

    def _rows(self) -> Iterator[tuple[str, str]]:
        found = self.delivery
        if found.c_score is not None:
            yield "score of the compiled C", f"{100 * found.c_score:.2f} % of {found.test_samples:,} test samples"
        for part, size in found.measured_bytes.items():
            yield part, f"{size:,} bytes"


def task_evaluator(training: Training) -> TaskEvaluator:
    """Return what a model was trained by.

    Raises:
        ConfigurationError: for an evaluator of a plug-in, of which only training and test are known.
    """
    if not isinstance(training.evaluator, TaskEvaluator):
        raise ConfigurationError(f"{training.dataset} is trained by {type(training.evaluator).__name__}, not by ours")
    return training.evaluator
