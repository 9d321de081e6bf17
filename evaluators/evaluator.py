"""Trains, prunes, quantizes and tests one candidate on a task."""

import hashlib
import json
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from evaluators.quantizing import (
    POST_TRAINING,
    QuantizationPlan,
    quantized_network,
    simulated_outputs,
    train_aware,
)
from evaluators.task import Task
from evaluators.training.brief import train_briefly
from evaluators.training.checkpoints import TrainingState, load_whole
from evaluators.training.job import run_job
from evaluators.training.keeper import CHECKPOINT, PruningPlan, TrainingJob
from evaluators.training.pruning_schedule import PruningSchedule
from evaluators.training.recipe import Recipe
from evaluators.training.records import write_rows
from evaluators.training.training_cost import mean_training_flops
from prototypenas.compression.fake_quantization import FakeQuantizedNetwork
from prototypenas.compression.layer_noise import layer_noise
from prototypenas.detection.head import HEAD, write_head
from prototypenas.errors import RunDirectoryError, TrainingError
from prototypenas.graph.graph import IntegerGraph
from prototypenas.graph.graph_file import GRAPH, save_graph
from prototypenas.progress import Progress
from prototypenas.protocols import Baseline, BriefResult
from prototypenas.prototype import Prototype
from prototypenas.runs.atomic_files import write_json
from prototypenas.runs.class_scores import BY_CLASS, ClassScores
from prototypenas.sound import FrontEnd, WithFrontEnd
from prototypenas.types import Candidate, Evaluation, InputShape, Preparation, Probe

NOISE_SAMPLES = 64
"""Training samples on which each layer's signal-to-noise ratio in int8 is measured for `layers.csv`."""


@dataclass(frozen=True)
class TaskEvaluator:
    """A task and how the chosen models are trained and tested on it."""

    task: Task[Any]
    recipe: Recipe
    pruning_schedule: PruningSchedule = PruningSchedule()  # noqa: RUF009  (frozen)
    quantization: QuantizationPlan = POST_TRAINING
    tensorboard: bool = False
    """Also write TensorBoard logs into the model's folder."""

    @property
    def input_shape(self) -> InputShape:
        """One sample without its batch dimension."""
        return self.task.input_shape

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return self.task.num_classes

    @property
    def metric(self) -> str:
        """What the scores are."""
        return self.task.metric

    @property
    def front_end(self) -> FrontEnd | None:
        """What turns sound into the network's input; `None` for a task that does not hear."""
        return self.task.front_end if isinstance(self.task, WithFrontEnd) else None

    @property
    def preparation(self) -> Preparation | None:
        """What training did to a stored sample before the network saw it, and the names of the classes."""
        return self.task.preparation

    def probe(self, *, batch_size: int, seed: int) -> Probe:
        """Draw real data for the proxies from the training part."""
        return self.task.probe(batch_size=batch_size, seed=seed)

    def evaluate(
        self,
        candidate: Candidate,
        baseline: Baseline,
        *,
        directory: Path,
        seed: int,
        device: str,
        progress: Progress,
    ) -> Evaluation:
        """Train, prune, quantize and test; a finished model is read back, an interrupted one continued.

        Raises:
            ConfigurationError: if the architecture does not fit the task.
            TrainingError: if the loss stops being finite, or pruning missed the candidate's widths.
            RunDirectoryError: if `directory` holds a damaged file or the model of another run.
        """
        directory.mkdir(parents=True, exist_ok=True)
        fingerprint = self._fingerprint(candidate, seed)
        finished = read_metrics(directory / "metrics.json", fingerprint)
        if finished is not None and (directory / GRAPH).exists():
            return finished
        started = time.monotonic()
        job = TrainingJob(
            title=f"trial {candidate.number}",
            phase="train",
            task=self.task,
            recipe=self._recipe_of(candidate, baseline),
            seed=seed,
            device=device,
            directory=directory,
            fingerprint=fingerprint,
            progress=progress,
            tensorboard=self.tensorboard,
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            state, network = self._trained(job, candidate, baseline)
            quantized = self._quantized(replace(job, earlier=state.history), network)
        before = sum(record.seconds for record in state.history)
        return self._tested(job, network, quantized, seconds=max(before, time.monotonic() - started))

    @property
    def batch_size(self) -> int:
        """Samples of an optimizer step."""
        return self.recipe.batch_size

    @property
    def training_steps(self) -> int:
        """Optimizer steps of a whole training without early stopping."""
        return self.recipe.steps(len(self.task.train))

    @property
    def most_seconds(self) -> float:
        """Nominal seconds of one core that the training of one model takes at most."""
        return self.recipe.most_seconds

    def train_briefly(
        self,
        candidate: Candidate,
        baseline: Baseline,
        *,
        directory: Path,
        steps: int,
        units: tuple[int, int],
        seed: int,
        device: str,
    ) -> BriefResult:
        """Train the network at its pruned widths for a while, and score it on data held out of training.

        Raises:
            TrainingError: if the loss stops being finite.
            RunDirectoryError: if `directory` holds a damaged file.
        """
        return train_briefly(
            self.task,
            self.recipe,
            candidate,
            baseline,
            directory=directory,
            steps=steps,
            units=units,
            seed=seed,
            device=device,
        )

    def test_batches(self, batch_size: int) -> Iterator[NDArray[np.float32]]:
        """Return the inputs of the test set in order, normalised as the network wants them."""
        for batch in self.task.test.batches(batch_size):
            yield self.task.prepared(batch).numpy()

    def score(self, graph: IntegerGraph, outputs: NDArray[np.int8]) -> float:
        """Score raw int8 outputs `(N, output bytes)` of the first N test samples, in `[0, 1]`."""
        test = self.task.test
        part = test if len(outputs) == len(test) else test.at(np.arange(len(outputs)))
        return self.task.int8_score(graph, outputs, part)

    def _trained(self, job: TrainingJob, candidate: Candidate, baseline: Baseline) -> tuple[TrainingState, Prototype]:
        """Return the history and the network as built at its pruned widths, with the best weights."""
        network = baseline(candidate.configuration, self.input_shape, self.num_classes)
        self.task.check_network(network)
        full = baseline(candidate.configuration.unpruned(), self.input_shape, self.num_classes)
        state = run_job(job, full, PruningPlan(self.pruning_schedule, network.dimensions))
        best = load_whole(job.best_path)
        wrong = _wrong_shapes(best["network"], network)
        if wrong:
            raise TrainingError(f"pruning of trial {candidate.number} did not arrive at the built widths: {wrong}")
        network.load_state_dict(best["network"])
        return state, network

    def _quantized(self, job: TrainingJob, network: Prototype) -> FakeQuantizedNetwork:
        quantized = quantized_network(network, self.task, self.quantization)
        if self.quantization.aware_epochs:
            train_aware(quantized, job, self.quantization)
        return quantized

    def _tested(
        self, job: TrainingJob, network: Prototype, quantized: FakeQuantizedNetwork, *, seconds: float
    ) -> Evaluation:
        """Touch the test data, once; the metrics are the last file written."""
        test = self.task.test
        graph = quantized.to_integer_graph()
        save_graph(graph, job.directory / GRAPH)
        head = self.task.head(graph)
        if head is not None:
            write_head(head, job.directory / HEAD)
        sample = self.task.prepared(next(self.task.train.batches(NOISE_SAMPLES)))
        write_rows(layer_noise(quantized.to_float_graph(), graph, sample), job.directory / "layers.csv")
        outputs = simulated_outputs(graph, self.task, test)
        held_out = self.task.divided(self.recipe.validation_share)[1]
        tuned = self.task.tuned(graph, held_out) if held_out is not None else {}
        evaluation = Evaluation(
            metric=self.task.metric,
            float_score=self.task.score(network.to(job.device), test),
            fake_quantized_score=self.task.score(quantized.to(job.device), test),
            int8_score=self.task.int8_score(graph, outputs, test),
            test_samples=len(test),
            seconds=seconds,
            details={**self.task.details(graph, outputs, test), **tuned},
        )
        self.task.keep_examples(network, graph, outputs, job.directory)
        by_class = self.task.class_scores(graph, outputs, test)
        write_metrics(evaluation, job.fingerprint, job.directory / "metrics.json", by_class)
        return evaluation

    def _recipe_of(self, candidate: Candidate, baseline: Baseline) -> Recipe:
        if math.isinf(self.recipe.most_seconds):
            return self.recipe
        flops = mean_training_flops(
            candidate.configuration,
            baseline,
            self.input_shape,
            self.num_classes,
            schedule=self.pruning_schedule,
            epochs=self.recipe.epochs,
        )
        return self.recipe.within_time(flops, len(self.task.train))

    def _fingerprint(self, candidate: Candidate, seed: int) -> str:
        parts = (
            self.task.digest(),
            self.recipe,
            self.pruning_schedule,
            self.quantization,
            candidate.configuration,
            seed,
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def best_network(evaluator: TaskEvaluator, candidate: Candidate, baseline: Baseline, directory: Path) -> Prototype:
    """Return the pruned network of a trained model with its best weights, on the CPU.

    Raises:
        RunDirectoryError: if its checkpoint is missing or damaged.
    """
    network = baseline(candidate.configuration, evaluator.input_shape, evaluator.num_classes)
    network.load_state_dict(load_whole(directory / CHECKPOINT)["network"])
    return network


def write_metrics(evaluation: Evaluation, fingerprint: str, path: Path, by_class: ClassScores | None = None) -> None:
    """Write the result, whole or not at all."""
    scores = {} if by_class is None else {BY_CLASS: asdict(by_class)}
    write_json(path, {**asdict(evaluation), "fingerprint": fingerprint, **scores})


def read_metrics(path: Path, fingerprint: str) -> Evaluation | None:
    """Read a result back; `None` where there is none yet.

    Raises:
        RunDirectoryError: if the file is damaged or belongs to other data or arguments.
    """
    if not path.exists():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        found = content["fingerprint"]
        evaluation = Evaluation(
            **{item.name: content[item.name] for item in fields(Evaluation) if item.name in content}
        )
    except (ValueError, KeyError, TypeError) as error:
        raise RunDirectoryError(f"{path} is damaged ({error}); remove it to test this model again") from error
    if found != fingerprint:
        raise RunDirectoryError(f"{path} belongs to other data or arguments; choose another folder or remove it")
    return evaluation


def _wrong_shapes(weights: dict[str, torch.Tensor], network: Prototype) -> str:
    built = network.state_dict()
    missing = sorted(built.keys() ^ weights.keys())
    wrong = [name for name in built.keys() & weights.keys() if built[name].shape != weights[name].shape]
    return ", ".join(missing + sorted(wrong))
