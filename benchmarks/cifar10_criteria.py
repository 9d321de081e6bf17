"""What pruning and int8 cost on CIFAR-10: one MbedNet of at most 15 MFLOPs, trained for a few epochs.

    OMP_NUM_THREADS=1 python -m benchmarks.cifar10_criteria --data-dir data/cifar10 --out runs/cifar10-criteria

Trains the network from full to half its channels, the half-sized network from scratch, and the first one's quantized
form for two more epochs; runs the C on all 10,000 test images. About a quarter of an hour on one core; a killed run
continues. Wanted: int8 at most 1.0 point below float after training and 0.5 with aware training, C equal to the
simulator, pruning at most 2 points below from scratch.
"""

import argparse
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from evaluators import DATASETS
from evaluators.classification import ClassificationTask
from evaluators.evaluator import TaskEvaluator
from evaluators.quantizing import POST_TRAINING, quantized_network, simulated_outputs, train_aware
from evaluators.training.checkpoints import load_whole
from evaluators.training.job import run_job
from evaluators.training.keeper import PruningPlan, TrainingJob
from evaluators.training.pruning_schedule import PruningSchedule
from evaluators.training.recipe import Recipe
from evaluators.training.suitable_recipe import RecipeOptions, recipe_for
from prototypenas.costing.footprint import cost_of
from prototypenas.costing.targets import load_targets
from prototypenas.deployment.delivery import deliver
from prototypenas.graph.lowering import lower
from prototypenas.progress import Silent
from prototypenas.types import Candidate, Configuration, GroupConfiguration
from search_spaces.mbednet import build_mbednet

HALF = Configuration(
    "mbednet",
    width=1.0,
    groups=(
        GroupConfiguration(depth=2, kernel=3, stride=1, sparsity=0.5),
        GroupConfiguration(depth=3, kernel=3, stride=2, sparsity=0.5),
        GroupConfiguration(depth=3, kernel=3, stride=2, sparsity=0.5),
        GroupConfiguration(depth=1, kernel=3, stride=1, sparsity=0.5),
    ),
)
"""12.3 MFLOPs at 3x32x32 before pruning, 3.9 after."""

TARGET = "imxrt1062"
AWARE_EPOCHS = 2


@dataclass(frozen=True)
class Study:
    """What all the trainings share."""

    task: ClassificationTask
    recipe: Recipe
    out: Path
    seed: int

    def pruned(self) -> dict[str, float]:
        """Train from full to half the channels, quantize after training, run the C."""
        candidate = Candidate(0, HALF)
        folder = self.out / "pruned"
        evaluator = TaskEvaluator(self.task, self.recipe)
        found = evaluator.evaluate(
            candidate, build_mbednet, directory=folder, seed=self.seed, device="cpu", progress=Silent()
        )
        delivery = deliver(folder, evaluator, load_targets()[TARGET], name="pruned", emulate=False)
        assert delivery.c_score is not None  # there is a compiler, or this measures nothing
        return {"pruned, float": found.float_score, "int8": found.int8_score, "int8 in C": delivery.c_score}

    def aware(self) -> dict[str, float]:
        """Train the pruned network further with int8's rounding."""
        job, network = self._job("aware"), build_mbednet(HALF, self.task.input_shape, self.task.num_classes)
        network.load_state_dict(load_whole(self.out / "pruned" / "checkpoint.pt")["network"])
        quantized = quantized_network(network, self.task, POST_TRAINING)
        train_aware(quantized, job, replace(POST_TRAINING, aware_epochs=AWARE_EPOCHS))
        graph = quantized.to_integer_graph()
        outputs = simulated_outputs(graph, self.task, self.task.test)
        return {"int8, aware": self.task.int8_score(graph, outputs, self.task.test)}

    def from_scratch(self) -> dict[str, float]:
        """Train the half-sized network as such."""
        job = self._job("scratch")
        torch.manual_seed(self.seed)
        network = build_mbednet(HALF, self.task.input_shape, self.task.num_classes)
        run_job(job, network, PruningPlan(PruningSchedule(), ()))
        network.load_state_dict(load_whole(job.best_path)["network"])
        return {"from scratch, float": self.task.score(network, self.task.test)}

    def _job(self, name: str) -> TrainingJob:
        folder = self.out / name
        folder.mkdir(parents=True, exist_ok=True)
        return TrainingJob(
            title=name,
            phase="train",
            task=self.task,
            recipe=self.recipe,
            seed=self.seed,
            device="cpu",
            directory=folder,
            fingerprint=f"{name} {self.task.digest()} {self.recipe} {self.seed}",
            progress=Silent(),
        )


def verdicts(score: Mapping[str, float]) -> list[str]:
    """Hold the scores, shares of 1, against what is wanted."""
    return [
        _line("int8 after training", score["pruned, float"] - score["int8"], 1.0),
        _line("int8 with aware training", score["pruned, float"] - score["int8, aware"], 0.5),
        _line("C against the simulator", abs(score["int8"] - score["int8 in C"]), 0.0),
        _line("pruning against from scratch", score["from scratch, float"] - score["pruned, float"], 2.0),
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Train what is missing, print and write the scores."""
    parser = argparse.ArgumentParser(description="Costs of pruning and int8 on CIFAR-10.")
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path("runs/cifar10-criteria"))
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    data = DATASETS["cifar10"].load(options.data_dir)
    recipe = recipe_for(data, RecipeOptions(epochs=options.epochs, batch_size=128))
    study = Study(ClassificationTask(data), recipe, options.out, options.seed)
    for name, configuration in (("full", HALF.unpruned()), ("half", HALF)):
        graph = lower(build_mbednet(configuration, data.input_shape, data.num_classes).eval(), data.input_shape)
        print(f"{name}: {cost_of(graph, load_targets()[TARGET]).flops / 1e6:.1f} MFLOPs", flush=True)
    scores: dict[str, float] = {}
    for step in (study.pruned, study.from_scratch, study.aware):
        started = time.monotonic()
        found = step()
        scores |= found
        shown = ", ".join(f"{name} {100 * value:.2f} %" for name, value in found.items())
        print(f"{shown} ({time.monotonic() - started:.0f} s)", flush=True)
    print("\n".join(verdicts(scores)))
    (options.out / "scores.json").write_text(json.dumps(scores, indent=2) + "\n", encoding="utf-8")


def _line(name: str, loss: float, most: float) -> str:
    return f"{name}: {100 * loss:+.2f} points lost, at most {most} wanted: {'held' if 100 * loss <= most else 'MISSED'}"


if __name__ == "__main__":
    main()
