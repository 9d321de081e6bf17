"""What int8 costs on a time series: quantized after training, and with further epochs that know the rounding.

    OMP_NUM_THREADS=1 python -m experiments.ptq_against_qat --data-dir data --out runs/ptq_against_qat

Networks of our own table (`experiments.own_space_networks`) on SisFall, one subject held out: trained once in floating
point, then quantized both ways from the same weights. QAT is as `prototypenas run` does it for series: 15 % of the
epochs more, at a tenth of the learning rate. So QAT has learnt longer, which is part of what it gains. Writes
`ptq_against_qat.csv`; a finished network is read back. About a minute of one core a network and ten epochs.
"""

import argparse
import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from evaluators.classification import ClassificationTask
from evaluators.datasets.sisfall import SisFall
from evaluators.evaluator import TaskEvaluator, best_network
from evaluators.quantizing import POST_TRAINING, aware_plan, quantized_network, simulated_outputs
from evaluators.training.recipe import Recipe
from experiments.one_line import errors_in_one_line
from experiments.own_space import RESULTS
from experiments.own_space_networks import configuration_of
from prototypenas.progress import Silent
from prototypenas.runs.atomic_files import write_text
from prototypenas.types import Candidate
from search_spaces import TIME_SERIES_POOL

NETWORKS = ("sisfall-mbednet1d-04", "sisfall-inceptiontime-04", "sisfall-mbednet1d-09", "sisfall-inceptiontime-09")
SUBJECT = "SA05"


@dataclass(frozen=True)
class Row:
    """Accuracies of one network on the held-out subject, shares of 1."""

    network: str
    epochs: int
    aware_epochs: int
    test_windows: int
    unquantized: float
    ptq: float
    qat: float


def compared(name: str, task: ClassificationTask, epochs: int, out: Path, *, seed: int) -> Row:
    """Train a network of our table once and quantize it both ways."""
    table = pd.read_csv(RESULTS / "own_space_sisfall_networks.csv")
    configuration = configuration_of(table[table["network"] == name].to_dict("records")[0])
    baseline = TIME_SERIES_POOL[configuration.architecture]
    plan = aware_plan(epochs)
    evaluator = TaskEvaluator(task, Recipe(epochs, validation_share=0.0), quantization=plan)
    candidate, folder = Candidate(seed, configuration), out / f"{name}-{epochs}-seed{seed}"
    found = evaluator.evaluate(candidate, baseline, directory=folder, seed=seed, device="cpu", progress=Silent())
    network = best_network(evaluator, candidate, baseline, folder)
    graph = quantized_network(network, task, POST_TRAINING).to_integer_graph()
    after_training = task.int8_score(graph, simulated_outputs(graph, task, task.test), task.test)
    scores = (found.float_score, after_training, found.int8_score)
    return Row(name, epochs, plan.aware_epochs, found.test_samples, *scores)


def summary(rows: Sequence[Row]) -> str:
    """Say what both cost in the mean, in points."""
    costs = {way: 100 * np.array([row.unquantized - getattr(row, way) for row in rows]) for way in ("ptq", "qat")}
    return "; ".join(
        f"{way.upper()} costs {cost.mean():+.2f} points in the mean, at most {cost.max():+.2f}"
        for way, cost in costs.items()
    )


def main(arguments: Sequence[str] | None = None) -> list[Row]:
    """Train what is missing, print and write."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    task = ClassificationTask(SisFall(test_subjects=(SUBJECT,)).load(options.data_dir))
    rows = []
    for name in options.networks:
        rows.append(compared(name, task, options.epochs, options.out, seed=options.seed))
        print(rows[-1], flush=True)
        text = io.StringIO()
        writer = csv.DictWriter(text, [field.name for field in fields(Row)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)
        write_text(options.out / "ptq_against_qat.csv", text.getvalue())
    print(summary(rows))
    return rows


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Quantization after training against quantization-aware epochs.")
    parser.add_argument("--data-dir", type=Path, required=True, help="folder or zip file of SisFall")
    parser.add_argument("--networks", nargs="+", default=NETWORKS)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("runs/ptq_against_qat"))
    return parser


if __name__ == "__main__":
    with errors_in_one_line():
        main()
