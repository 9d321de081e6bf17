"""Scores of the networks of our own table before training: every proxy, shape features, and what each took.

    OMP_NUM_THREADS=1 python -m experiments.own_space_scores --data cifar10 digits sisfall

Apart from the trainings, so that a new proxy is held against the table without training anything again. Writes
`own_space_<data>_scores.csv` beside the table; `docs/own_space.md` has the columns. About five CPU minutes.
"""

import argparse
import math
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import pandas as pd
import torch
from torch import Tensor, nn

from experiments.own_space import RESULTS
from experiments.own_space_networks import DRAWS_BY_DATA, Draw, configuration_of
from prototypenas.app.settings import DEFAULT_ENSEMBLE
from prototypenas.errors import ProxyError
from prototypenas.evidence import gaussian_probe, score_prototype
from prototypenas.prototype import Prototype
from prototypenas.types import Configuration
from proxies import PROXIES

SEED = 0
BATCH = 16
"""Of the probe, as in the search."""
WEIGHTED = (nn.Conv1d, nn.Conv2d, nn.Linear)


def scores_of(configuration: Configuration, draw: Draw) -> dict[str, float]:
    """Give all proxies (NaN where one cannot score), the shape features, and the CPU seconds of each proxy alone."""
    torch.manual_seed(SEED)
    network = draw.pool[configuration.architecture](configuration, draw.input_shape, draw.classes)
    probe = gaussian_probe(draw.input_shape, draw.classes, batch_size=BATCH, seed=SEED)
    found: dict[str, float] = {}
    seconds: dict[str, float] = {}
    for name, proxy in PROXIES.items():
        began = time.process_time()
        try:
            found |= score_prototype(network, probe, {name: proxy})
        except ProxyError:
            found[name] = float("nan")
        seconds[f"seconds_{name}"] = time.process_time() - began
    began = time.process_time()
    try:
        score_prototype(network, probe, {name: PROXIES[name] for name in DEFAULT_ENSEMBLE})
    finally:
        seconds["seconds_four"] = time.process_time() - began
    return {**found, **shape_features(network), **seconds}


def shape_features(network: Prototype) -> dict[str, float]:
    """Describe a network by what is known without running it, but for one pass that only measures maps."""
    groups = network.configuration.groups
    kept = [dimension.kept for dimension in network.dimensions if dimension.group is not None]
    weights = [layer.weight.numel() for layer in network.modules() if isinstance(layer, WEIGHTED)]
    sizes = _map_sizes(network)
    return {
        "sum_log_weights": sum(math.log(count) for count in weights),
        "weighted_layers": float(len(weights)),
        "depth": float(sum(group.depth for group in groups)),
        "mean_kernel": sum(group.kernel for group in groups) / len(groups),
        "strided_groups": float(sum(group.stride == 2 for group in groups)),
        "mean_sparsity": sum(group.sparsity for group in groups) / len(groups),
        "fewest_channels": float(min(kept)),
        "mean_log_channels": sum(math.log(count) for count in kept) / len(kept),
        "features": float(_classifier_inputs(network)),
        "last_positions": float(sizes["last"]),
        "activations": float(sizes["all"]),
    }


def _classifier_inputs(network: Prototype) -> int:
    linear = [layer for layer in network.modules() if isinstance(layer, nn.Linear)]
    return linear[-1].in_features if linear else 0


def _map_sizes(network: Prototype) -> Mapping[str, int]:
    """Count positions of the last group's map, and elements of all maps that convolutions give."""
    sizes = {"last": 0, "all": 0}

    def see(module: nn.Module, inputs: object, output: Tensor) -> None:
        sizes["all"] += output[0].numel()

    def see_last(module: nn.Module, inputs: object, output: Tensor) -> None:
        sizes["last"] = output[0, 0].numel()

    hooks = [layer.register_forward_hook(see) for layer in network.modules() if isinstance(layer, WEIGHTED)]
    hooks.append(network.groups[-1].register_forward_hook(see_last))
    was_training = network.training
    try:
        with torch.no_grad():
            network.eval()(torch.zeros(1, *network.input_shape))
    finally:
        network.train(was_training)
        for hook in hooks:
            hook.remove()
    return sizes


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line; score every network of each table."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    for data in options.data:
        table = pd.read_csv(options.out / f"own_space_{data}_networks.csv")
        score = partial(scores_of, draw=DRAWS_BY_DATA[data])
        rows = []
        for number, row in enumerate(table.to_dict("records"), start=1):
            rows.append({"network": row["network"], **score(configuration_of(row))})
            print(f"{data} {number}/{len(table)} {row['network']}", end="\r", flush=True)
        path = options.out / f"own_space_{data}_scores.csv"
        partial_path = path.with_name(path.name + ".partial")
        pd.DataFrame(rows).drop(columns="flops").to_csv(partial_path, index=False, float_format="%.6g")
        partial_path.replace(path)
        print(f"{path}: {len(rows)} networks")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Score the networks of the table of our own search space.")
    parser.add_argument("--data", nargs="+", choices=sorted(DRAWS_BY_DATA), default=list(DRAWS_BY_DATA))
    parser.add_argument("--out", type=Path, default=RESULTS)
    return parser


if __name__ == "__main__":
    main()
