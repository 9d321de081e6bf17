"""Do proxies rank detectors alike on noise with a pooled loss, the default, and on pictures with the detector's own?

    OMP_NUM_THREADS=1 python -m experiments.detection_probes --candidates 100 --trained 16 --epochs 6

Random detectors of scattered digits (one class, 1x64x64) up to 20 MFLOPs. Of each proxy Kendall's tau between both
probes, and between each probe and the mAP50 of the first detectors after a short training; with 95 % intervals of the
bootstrap. About a second of one core a candidate, half a minute a training. Rows are written as they come, and a
second call continues with what the table lacks.
"""

import argparse
import csv
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import torch

from evaluators.datasets.boxed_pictures import DetectionData
from evaluators.datasets.digits_scattered import ScatteredDigits
from evaluators.detection.detection_task import detection_evaluator
from evaluators.evaluator import TaskEvaluator
from evaluators.training.suitable_recipe import RecipeOptions
from experiments.one_line import errors_in_one_line
from experiments.rank_correlation import Values, kendall, with_interval
from prototypenas.errors import InvalidConfiguration
from prototypenas.evidence import gaussian_probe, score_prototype
from prototypenas.graph.graph import Graph
from prototypenas.graph.lowering import lower
from prototypenas.progress import Silent
from prototypenas.testing import random_configuration
from prototypenas.types import Candidate, Configuration, Probe
from proxies import BASELINES, PROXIES
from search_spaces import DETECTION_POOL, KERNELS

PROXY_NAMES = ("meco", "meco_opt", "zico", "naswot", "snip", "grad_norm", "synflow", *BASELINES)
PROBES = ("noise", "pictures")
MOST_FLOPS = 20e6
"""So that a training of six epochs takes about half a minute."""
BATCH = 16
SCORES = [(name, probe) for name in PROXY_NAMES for probe in PROBES]
COLUMNS = ("number", "architecture", "mflops", "map50", *(f"{name}_{probe}" for name, probe in SCORES))
RESULTS = Path("experiments/results/detection_probes.csv")

Row = dict[str, float | str]


@dataclass(frozen=True)
class Study:
    """What detectors are scored and trained on."""

    evaluator: TaskEvaluator
    probes: tuple[Probe, Probe]
    """Noise, and the task's own pictures."""
    seed: int

    @classmethod
    def of(cls, data: DetectionData, epochs: int, seed: int) -> "Study":
        """Prepare both probes, two batches of 16 each."""
        evaluator = detection_evaluator(data, RecipeOptions(epochs=epochs))
        noise = gaussian_probe(data.input_shape, data.num_classes, batch_size=BATCH, seed=seed)
        return cls(evaluator, (noise, evaluator.probe(batch_size=BATCH, seed=seed)), seed)

    def scored(self, number: int, configuration: Configuration) -> Row | None:
        """Score a detector on both probes; `None` for one that cannot be built or is above the limit.

        Raises:
            ProxyError: if a proxy cannot score it.
        """
        torch.manual_seed(self.seed)
        task = self.evaluator.task
        try:
            network = DETECTION_POOL[configuration.architecture](configuration, task.input_shape, task.num_classes)
            flops = _flops(lower(network, task.input_shape))
            if flops > MOST_FLOPS:
                return None
            task.check_network(network)
        except InvalidConfiguration:
            return None
        proxies = {name: PROXIES[name] for name in PROXY_NAMES}
        found = {
            name: score_prototype(network, probe, proxies) for name, probe in zip(PROBES, self.probes, strict=True)
        }
        scores = {f"{name}_{probe}": found[probe][name] for name, probe in SCORES}
        return {"number": number, "architecture": configuration.architecture, "mflops": flops / 1e6, **scores}

    def trained(self, configuration: Configuration) -> float:
        """Return the test mAP50 of the float network after the training."""
        with tempfile.TemporaryDirectory() as folder:
            found = self.evaluator.evaluate(
                Candidate(0, configuration),
                DETECTION_POOL[configuration.architecture],
                directory=Path(folder),
                seed=self.seed,
                device="cpu",
                progress=Silent(),
            )
        return found.float_score


def drawn(seed: int) -> Iterator[tuple[int, Configuration]]:
    """Draw detectors without end, the architectures in turn; the same for the same seed."""
    random, names = Random(seed), sorted(DETECTION_POOL)
    number = 0
    while True:
        name = names[number % len(names)]
        yield number, random_configuration(random, name, KERNELS[name])
        number += 1


def table(study: Study, candidates: int, trained: int, path: Path) -> list[Row]:
    """Score `candidates` detectors and train the first `trained` of them; rows that `path` has are not made again."""
    known = {int(row["number"]): row for row in read_rows(path)} if path.exists() else {}
    last = max(known, default=-1)
    rows: list[Row] = []
    for number, configuration in drawn(study.seed):
        if len(rows) == candidates:
            return rows
        # A number below the last that has no row was refused before.
        row = known.get(number) if number <= last else study.scored(number, configuration)
        if row is None:
            continue
        if len(rows) < trained and row.get("map50", "") == "":
            row = {**row, "map50": study.trained(configuration)}
        rows.append(row)
        if number not in known or row is not known[number]:
            _write([*rows, *(row for other, row in known.items() if other > number)], path)
    raise AssertionError  # drawn() does not end


def read_rows(path: Path) -> list[Row]:
    """Read a table; numbers are numbers, and `map50` is empty where nothing was trained."""
    with path.open(encoding="utf-8", newline="") as stream:
        return [
            {name: value if name == "architecture" or not value else float(value) for name, value in row.items()}
            for row in csv.DictReader(stream)
        ]


def summary(rows: Sequence[Row]) -> list[str]:
    """Return a line a proxy: tau between both probes, and of each with mAP50 over the trained detectors."""
    learnt = [row for row in rows if row.get("map50", "") != ""]
    scores = np.array([float(row["map50"]) for row in learnt])
    lines = [f"{len(rows)} detectors, {len(learnt)} of them trained; Kendall's tau"]
    lines.append(f"{'proxy':10} {'noise with pictures':26} {'noise with mAP50':26} pictures with mAP50")
    for name in PROXY_NAMES:
        found = [with_interval(kendall, *(_column(rows, name, probe) for probe in PROBES))]
        if len(learnt) > 2:
            found += [with_interval(kendall, _column(learnt, name, probe), scores) for probe in PROBES]
        lines.append(f"{name:10} " + " ".join(f"{one!s:26}" for one in found).rstrip())
    return lines


def main(arguments: Sequence[str] | None = None) -> None:
    """Make or continue the table and print the summary."""
    parser = argparse.ArgumentParser(description="Proxies of detectors on two probes.")
    parser.add_argument("--candidates", type=int, default=100)
    parser.add_argument("--trained", type=int, default=16, help="how many of them are trained")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    study = Study.of(ScatteredDigits().load(), options.epochs, options.seed)
    print("\n".join(summary(table(study, options.candidates, options.trained, options.out))))


def _flops(graph: Graph) -> int:
    return 2 * sum(operator.macs(graph.tensors) for operator in graph.operators)


def _column(rows: Sequence[Row], name: str, probe: str) -> Values:
    return np.array([float(row[f"{name}_{probe}"]) for row in rows])


def _write(rows: Sequence[Row], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _told(value) for name, value in row.items()} for row in rows)


def _told(value: float | str) -> float | str:
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e9 else value


if __name__ == "__main__":
    with errors_in_one_line():
        main()
