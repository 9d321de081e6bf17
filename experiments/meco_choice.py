"""MeCo or MeCo-opt in the default ensemble? Short trainings of random configurations of our own search space decide.

    python -m experiments.meco_choice --data data --out runs/meco_choice

The rule: MeCo stays unless MeCo-opt ranks the trained networks better beyond chance, that is, unless the 95 % bootstrap
interval of Spearman(MeCo-opt, accuracy) - Spearman(MeCo, accuracy) lies above 0. About 7 CPU minutes;
result: docs/proxies.md.
"""

import argparse
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from evaluators.datasets.cifar import Cifar
from evaluators.datasets.samples import ClassificationData
from experiments.meco_in_our_space import random_configurations
from experiments.one_line import errors_in_one_line
from experiments.rank_correlation import Values, spearman, with_interval
from prototypenas.errors import InvalidConfiguration, ProxyError
from prototypenas.evidence import gaussian_probe, score_prototype
from prototypenas.prototype import Prototype
from prototypenas.safe_convolutions import SafeConvolutions
from proxies import BASELINES, PAPER_ENSEMBLE, PROXIES
from search_spaces import IMAGE_POOL

INPUT_SHAPE = (3, 32, 32)
NAMES = (*PAPER_ENSEMBLE, "meco_opt", *BASELINES)
_BATCH = 32
_RATE = 0.05


def scored_prototypes(flops: tuple[float, float], seed: int) -> Iterator[tuple[Prototype, dict[str, float]]]:
    """Draw random configurations without end; give those in the range of FLOPs that all proxies can score."""
    probe = gaussian_probe(INPUT_SHAPE, 10, seed=seed)
    for configuration in random_configurations(seed):
        torch.manual_seed(seed)
        try:
            model = IMAGE_POOL[configuration.architecture](configuration, INPUT_SHAPE, 10)
            if flops[0] <= score_prototype(model, probe, {"flops": PROXIES["flops"]})["flops"] <= flops[1]:
                yield model, score_prototype(model, probe, {name: PROXIES[name] for name in NAMES})
        except (InvalidConfiguration, ProxyError):
            continue


def trained_accuracy(model: nn.Module, data: ClassificationData, *, images: int, epochs: int) -> float:
    """Train on the first images and give the accuracy on the 2,000 training images after them; no test data."""
    optimizer = torch.optim.SGD(model.parameters(), lr=_RATE, momentum=0.9, nesterov=True, weight_decay=5e-4)
    steps = epochs * (images // _BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, _RATE, total_steps=steps, pct_start=0.2)
    generator = torch.Generator().manual_seed(0)
    inputs = data.prepared(data.train.inputs[: images + 2000]).contiguous(memory_format=torch.channels_last)
    targets = data.train.targets[: images + 2000]
    model.train()
    for _ in range(epochs):
        for batch in torch.randperm(images, generator=generator).split(_BATCH)[: images // _BATCH]:  # type: ignore[no-untyped-call]
            optimizer.zero_grad()
            with SafeConvolutions():
                loss = nn.functional.cross_entropy(model(inputs[batch]), targets[batch])
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    return _accuracy(model.eval(), inputs[images:], targets[images:])


def difference(table: pd.DataFrame) -> tuple[float, float, float]:
    """Return Spearman of MeCo-opt minus that of MeCo, and its 95 % bootstrap interval over networks."""
    rows = table[["meco_opt", "meco", "accuracy"]].to_numpy(float)

    def gain(values: Values) -> float:
        return spearman(values[:, 0], values[:, 2]) - spearman(values[:, 1], values[:, 2])

    generator = np.random.default_rng(0)
    draws = [gain(rows[generator.integers(len(rows), size=len(rows))]) for _ in range(2000)]
    low, high = np.percentile(draws, (2.5, 97.5))
    return gain(rows), float(low), float(high)


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw, score, train, correlate, decide."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    data = Cifar().load(options.data)
    rows: list[dict[str, float | str]] = []
    for model, scores in scored_prototypes((options.least_flops, options.most_flops), options.seed):
        accuracy = trained_accuracy(model, data, images=options.images, epochs=options.epochs)
        architecture = model.configuration.architecture
        rows.append({"architecture": architecture, "width": model.configuration.width, **scores, "accuracy": accuracy})
        print(
            f"{len(rows):3} {architecture:14} {scores['flops'] / 1e6:5.1f} MFLOPs  accuracy {accuracy:.3f}", flush=True
        )
        if len(rows) == options.networks:
            break
    report(pd.DataFrame(rows), options.out)


def report(table: pd.DataFrame, out: Path | None) -> None:
    """Print correlations and the decision; write the table."""
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        table.to_csv(out / "scores.csv", index=False)
    flops, accuracy = table["flops"].to_numpy(float), table["accuracy"].to_numpy(float)
    for name in NAMES:
        scores = table[name].to_numpy(float)
        found = with_interval(spearman, scores, accuracy)
        print(f"{name:10} Spearman with accuracy {found}, with FLOPs {spearman(scores, flops):+.2f}")
    gain, low, high = difference(table)
    print(f"MeCo-opt minus MeCo: {gain:+.3f} [{low:+.3f}, {high:+.3f}]: {'MeCo-opt' if low > 0 else 'MeCo'}")


def _accuracy(model: nn.Module, inputs: Tensor, targets: Tensor) -> float:
    with torch.no_grad():
        hits = [model(inputs[i : i + 500]).argmax(1) == targets[i : i + 500] for i in range(0, len(inputs), 500)]
    return float(torch.cat(hits).float().mean())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Decide between MeCo and MeCo-opt on our own search space.")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("PROTOTYPENAS_DATA", "data")))
    parser.add_argument("--out", type=Path)
    parser.add_argument("--networks", type=int, default=18)
    parser.add_argument("--images", type=int, default=2048)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--least-flops", type=float, default=5e5)
    parser.add_argument("--most-flops", type=float, default=6e6)
    parser.add_argument("--seed", type=int, default=0)
    return parser


if __name__ == "__main__":
    with errors_in_one_line():
        main()
