"""Does zero-shot search pay? The selection against random feasible candidates and against the front of FLOPs alone.

    python -m experiments.random_baseline runs/digits-stm32f746 --dataset digits --epochs 10 --out runs/baseline-digits

Takes a finished exploration and trains, alike and with equal budget: (a) the models the ensemble selected, (b) as many
random feasible candidates, (c) as many feasible candidates spread evenly over FLOPs, which needs no proxy at all. Three
times the training time of the run itself. Writes `comparison.csv`; the result is what it is.
"""

import argparse
import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console

from evaluators import DATASETS
from evaluators.evaluator import TaskEvaluator
from evaluators.tasks import evaluator_for
from evaluators.training.suitable_recipe import RecipeOptions
from experiments.one_line import errors_in_one_line
from prototypenas import finished_steps
from prototypenas.errors import ConfigurationError
from prototypenas.progress import Progress
from prototypenas.reporting.shown_progress import progress_on
from prototypenas.runs.run_directory import RunDirectory
from prototypenas.types import Explored, Scored
from search_spaces import IMAGE_POOL, TIME_SERIES_POOL

BASELINES = {**IMAGE_POOL, **TIME_SERIES_POOL}


@dataclass(frozen=True)
class Row:
    """One trained model of the comparison."""

    strategy: str
    trial: int
    architecture: str
    mflops: float
    int8_accuracy: float


def random_choice(candidates: Sequence[Explored], count: int, seed: int) -> tuple[Scored, ...]:
    """Draw feasible candidates without looking at any score.

    Raises:
        ConfigurationError: if there are fewer than `count`.
    """
    feasible = _feasible(candidates, count)
    drawn = np.random.default_rng(seed).permutation(len(feasible))[:count]
    return tuple(feasible[place] for place in sorted(drawn))


def flops_choice(candidates: Sequence[Explored], count: int) -> tuple[Scored, ...]:
    """Take feasible candidates evenly from the least to the most FLOPs; FLOPs alone have no front but this order.

    Raises:
        ConfigurationError: if there are fewer than `count`.
    """
    ordered = sorted(_feasible(candidates, count), key=_mflops)
    places = np.linspace(0, len(ordered) - 1, count).round().astype(int)
    return tuple(ordered[place] for place in places)


def train_strategies(
    strategies: Mapping[str, Sequence[Scored]],
    evaluator: TaskEvaluator,
    out: Path,
    *,
    seed: int,
    device: str,
    progress: Progress,
) -> list[Row]:
    """Train every model of every strategy alike; one chosen twice is trained once."""
    rows = []
    for strategy, candidates in strategies.items():
        for candidate in candidates:
            evaluation = evaluator.evaluate(
                candidate,
                BASELINES[candidate.configuration.architecture],
                directory=out / "models" / str(candidate.number),
                seed=seed,
                device=device,
                progress=progress,
            )
            architecture = candidate.configuration.architecture
            rows.append(Row(strategy, candidate.number, architecture, _mflops(candidate), evaluation.int8_score))
    return rows


def summary(rows: Sequence[Row]) -> str:
    """Best and mean int8 accuracy of each strategy, in percent."""
    lines = []
    for strategy in dict.fromkeys(row.strategy for row in rows):
        scores = [100 * row.int8_accuracy for row in rows if row.strategy == strategy]
        lines.append(f"{strategy}: best {max(scores):.2f} %, mean {np.mean(scores):.2f} % of {len(scores)} models")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, train, write and show the comparison."""
    options = _parser().parse_args(arguments)
    run = RunDirectory.open(options.run)
    candidates, selected = finished_steps.explored(run), finished_steps.selected(run).chosen
    strategies = {
        "selection": selected,
        "random": random_choice(candidates, len(selected), options.seed),
        "flops": flops_choice(candidates, len(selected)),
    }
    shape = run.exploration().input_shape
    data = DATASETS[options.dataset].load(options.data_dir, input_shape=shape)
    with progress_on(Console()) as progress:
        rows = train_strategies(
            strategies,
            evaluator_for(data, RecipeOptions(epochs=options.epochs)),
            options.out,
            seed=options.seed,
            device=options.device,
            progress=progress,
        )
    with (options.out / "comparison.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["strategy", "trial", "architecture", "mflops", "int8_accuracy"])
        writer.writerows([row.strategy, row.trial, row.architecture, row.mflops, row.int8_accuracy] for row in rows)
    print(summary(rows))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Zero-shot selection against random and FLOPs-only choices.")
    parser.add_argument("run", type=Path, help="run directory with a finished exploration and selection")
    parser.add_argument("--dataset", required=True, choices=sorted(DATASETS))
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu")
    return parser


def _feasible(candidates: Sequence[Explored], count: int) -> list[Scored]:
    feasible = [one for one in candidates if isinstance(one, Scored)]
    if len(feasible) < count:
        raise ConfigurationError(f"{len(feasible)} feasible candidates; {count} are asked for")
    return feasible


def _mflops(candidate: Scored) -> float:
    return candidate.cost.flops / 1e6


if __name__ == "__main__":
    with errors_in_one_line():
        main()
