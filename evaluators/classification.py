"""The evaluator for classification: trains, prunes, quantizes and tests one candidate."""

import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from evaluators.datasets.samples import ClassificationData
from evaluators.quantizing import (
    AWARE,
    POST_TRAINING,
    QuantizationPlan,
    quantized_network,
    simulated_accuracy,
    train_aware,
)
from evaluators.training.accuracy import accuracy
from evaluators.training.checkpoints import TrainingState, load_whole
from evaluators.training.job import run_job
from evaluators.training.keeper import PruningPlan, TrainingJob
from evaluators.training.pruning_schedule import PruningSchedule
from evaluators.training.recipe import Recipe, recipe_for
from evaluators.training.records import write_rows
from prototypenas.compression.fake_quantization import FakeQuantizedNetwork
from prototypenas.compression.layer_noise import layer_noise
from prototypenas.errors import ConfigurationError, RunDirectoryError, TrainingError
from prototypenas.graph.graph_file import GRAPH, save_graph
from prototypenas.graph.lowering import lower
from prototypenas.progress import Progress
from prototypenas.protocols import Baseline
from prototypenas.prototype import Prototype
from prototypenas.runs.atomic_files import write_json
from prototypenas.types import Batch, Candidate, Evaluation, InputShape, Probe

NOISE_SAMPLES = 64
"""Training samples on which each layer's signal-to-noise ratio in int8 is measured for `layers.csv`."""


@dataclass(frozen=True)
class ClassificationEvaluator:
    """A data set and how the chosen models are trained and tested on it."""

    dataset: ClassificationData
    recipe: Recipe
    pruning_schedule: PruningSchedule = PruningSchedule()  # noqa: RUF009  (frozen)
    quantization: QuantizationPlan = POST_TRAINING
    tensorboard: bool = False
    """Also write TensorBoard logs into the model's folder."""

    @property
    def input_shape(self) -> InputShape:
        """One sample without its batch dimension."""
        return self.dataset.input_shape

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return self.dataset.num_classes

    def probe(self, *, batch_size: int, seed: int) -> Probe:
        """Draw one lone sample and two batches of the training part."""
        generator = torch.Generator().manual_seed(seed)
        drawn = torch.randint(len(self.dataset.train), (2 * batch_size + 1,), generator=generator)
        samples = self.dataset.train.at(drawn)
        inputs = self.dataset.prepared(samples.inputs)
        places = (slice(0, batch_size), slice(batch_size, 2 * batch_size))
        batches = tuple(Batch(inputs[place], samples.targets[place]) for place in places)
        return Probe(sample=inputs[-1:], batches=batches)

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
            ConfigurationError: if the architecture gives something else than classes.
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
            data=self.dataset,
            recipe=self.recipe,
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

    def test_batches(self, batch_size: int) -> Iterator[tuple[NDArray[np.float32], NDArray[np.int64]]]:
        """Give the test set in order, normalised as the network wants it."""
        for batch in self.dataset.test.batches(batch_size):
            yield self.dataset.prepared(batch.inputs).numpy(), batch.targets.numpy()

    def _trained(self, job: TrainingJob, candidate: Candidate, baseline: Baseline) -> tuple[TrainingState, Prototype]:
        """Give the history and the network as built at its pruned widths, with the best weights."""
        network = baseline(candidate.configuration, self.input_shape, self.num_classes)
        outputs = len(lower(network, self.input_shape).outputs)
        if outputs != 1:
            architecture = candidate.configuration.architecture
            raise ConfigurationError(f"{architecture} has {outputs} outputs; a data set with classes wants one")
        full = baseline(candidate.configuration.unpruned(), self.input_shape, self.num_classes)
        state = run_job(job, full, PruningPlan(self.pruning_schedule, network.dimensions))
        best = load_whole(job.best_path)
        wrong = _wrong_shapes(best["network"], network)
        if wrong:
            raise TrainingError(f"pruning of trial {candidate.number} did not arrive at the built widths: {wrong}")
        network.load_state_dict(best["network"])
        return state, network

    def _quantized(self, job: TrainingJob, network: Prototype) -> FakeQuantizedNetwork:
        quantized = quantized_network(network, self.dataset, self.quantization)
        if self.quantization.aware_epochs:
            train_aware(quantized, job, self.quantization)
        return quantized

    def _tested(
        self, job: TrainingJob, network: Prototype, quantized: FakeQuantizedNetwork, *, seconds: float
    ) -> Evaluation:
        """Touch the test data, once; the metrics are the last file written."""
        test = self.dataset.test
        graph = quantized.to_integer_graph()
        save_graph(graph, job.directory / GRAPH)
        sample = self.dataset.prepared(self.dataset.train.inputs[:NOISE_SAMPLES])
        write_rows(layer_noise(quantized.to_float_graph(), graph, sample), job.directory / "layers.csv")
        evaluation = Evaluation(
            metric="accuracy",
            float_score=accuracy(network.to(job.device), self.dataset, test),
            fake_quantized_score=accuracy(quantized.to(job.device), self.dataset, test),
            int8_score=simulated_accuracy(graph, self.dataset, test),
            test_samples=len(test),
            seconds=seconds,
        )
        write_metrics(evaluation, job.fingerprint, job.directory / "metrics.json")
        return evaluation

    def _fingerprint(self, candidate: Candidate, seed: int) -> str:
        parts = (
            self.dataset.digest(),
            *self.recipe.identity(),
            self.pruning_schedule,
            self.quantization,
            candidate.configuration,
            seed,
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def default_evaluator(data: ClassificationData, *, epochs: int) -> ClassificationEvaluator:
    """Give the evaluator of the paper's defaults: after-training quantization for images, aware for series."""
    plan = POST_TRAINING if data.is_image else AWARE
    return ClassificationEvaluator(data, recipe_for(len(data.train), epochs), quantization=plan)


def write_metrics(evaluation: Evaluation, fingerprint: str, path: Path) -> None:
    """Write the result, whole or not at all."""
    write_json(path, {**asdict(evaluation), "fingerprint": fingerprint})


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
        evaluation = Evaluation(**{item.name: content[item.name] for item in fields(Evaluation)})
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
