"""Scores of the networks of our own table before training: every proxy, shape features, and what each took.

    OMP_NUM_THREADS=1 python -m experiments.own_space_scores --data cifar10 digits sisfall

Apart from the trainings, so that a new proxy is held against the table without training anything again; proxies that
are in the file are not computed again. Writes `own_space_<data>_scores.csv` beside the table; `docs/own_space.md` has
the columns. About five CPU minutes.
"""

import argparse
import math
import time
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import pandas as pd
import torch
from torch import Tensor, nn

from experiments.one_line import errors_in_one_line
from experiments.own_space import RESULTS
from experiments.own_space_networks import DRAWS_BY_DATA, Draw, configuration_of
from prototypenas.errors import ProxyError
from prototypenas.evidence import gaussian_probe, score_prototype
from prototypenas.prototype import Prototype
from prototypenas.types import Configuration
from proxies import PROXIES

SEED = 0
BATCH = 16
"""Of the probe, as in the search."""
WEIGHTED = (nn.Conv1d, nn.Conv2d, nn.Linear)


def scores_of(configuration: Configuration, draw: Draw, known: Collection[str] = ()) -> dict[str, float]:
    """Return all proxies but those `known`, each with its own CPU seconds, and the shape features.

    NaN where a proxy cannot score the network.
    """
    torch.manual_seed(SEED)
    network = draw.pool[configuration.architecture](configuration, draw.input_shape, draw.classes)
    probe = gaussian_probe(draw.input_shape, draw.classes, batch_size=BATCH, seed=SEED)
    found: dict[str, float] = {}
    seconds: dict[str, float] = {}
    for name in (name for name in PROXIES if name not in known):
        began = time.process_time()
        try:
            found |= score_prototype(network, probe, {name: PROXIES[name]})
        except ProxyError:
            found[name] = float("nan")
        seconds[f"seconds_{name}"] = time.process_time() - began
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
        path = options.out / f"own_space_{data}_scores.csv"
        before = pd.read_csv(path) if path.exists() else table[["network"]]
        rows = []
        for number, row in enumerate(table.to_dict("records"), start=1):
            scores = scores_of(configuration_of(row), DRAWS_BY_DATA[data], (*before.columns, "flops"))
            rows.append({"network": row["network"], **scores})
            print(f"{data} {number}/{len(table)} {row['network']}", end="\r", flush=True)
        found = pd.DataFrame(rows)
        kept = before.drop(columns=[name for name in before.columns if name != "network" and name in found])
        partial_path = path.with_name(path.name + ".partial")
        kept.merge(found, on="network").to_csv(partial_path, index=False, float_format="%.6g")
        partial_path.replace(path)
        print(f"{path}: {len(rows)} networks")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Score the networks of the table of our own search space.")
    parser.add_argument("--data", nargs="+", choices=sorted(DRAWS_BY_DATA), default=list(DRAWS_BY_DATA))
    parser.add_argument("--out", type=Path, default=RESULTS)
    return parser


if __name__ == "__main__":
    with errors_in_one_line():
        main()
