"""What MeCo and MeCo-opt say about random configurations of our own search space, beyond their size.

    python -m experiments.meco_in_our_space

Prints the Spearman correlation of each with itself under another seed of weights and probe (what part is no noise),
and with FLOPs (what part the search knows already). About 20 CPU seconds; result: docs/proxies.md.
"""

import argparse
from collections.abc import Iterator, Sequence
from random import Random

import pandas as pd
import torch

from experiments.one_line import errors_in_one_line
from experiments.rank_correlation import spearman, with_interval
from prototypenas.errors import InvalidConfiguration, ProxyError
from prototypenas.evidence import gaussian_probe, score_prototype
from prototypenas.testing import random_configuration
from prototypenas.types import Configuration
from proxies import PROXIES
from search_spaces import IMAGE_POOL, KERNELS

INPUT_SHAPE = (3, 128, 128)
NAMES = ("meco", "meco_opt", "flops")


def random_configurations(seed: int) -> Iterator[Configuration]:
    """Draw configurations without end, uniformly over architectures and Table 1."""
    random = Random(seed)
    while True:
        architecture = random.choice(sorted(IMAGE_POOL))
        yield random_configuration(random, architecture, KERNELS[architecture])


def scores_under(configuration: Configuration, seed: int) -> dict[str, float]:
    """Score a configuration with weights and probe of one seed."""
    torch.manual_seed(seed)
    model = IMAGE_POOL[configuration.architecture](configuration, INPUT_SHAPE, 10)
    probe = gaussian_probe(INPUT_SHAPE, 10, batch_size=2, seed=seed)
    return score_prototype(model, probe, {name: PROXIES[name] for name in NAMES})


def scored_twice(networks: int, most_flops: float, seed: int) -> pd.DataFrame:
    """Return one row a network within the limit: its scores under two seeds, the second's with `_again`."""
    rows: list[dict[str, float]] = []
    for configuration in random_configurations(seed):
        try:
            first = scores_under(configuration, seed)
            if first["flops"] <= most_flops:
                again = scores_under(configuration, seed + 1)
                rows.append({**first, **{f"{name}_again": score for name, score in again.items()}})
        except (InvalidConfiguration, ProxyError):
            continue
        if len(rows) == networks:
            break
    return pd.DataFrame(rows)


def main(arguments: Sequence[str] | None = None) -> None:
    """Score and correlate."""
    parser = argparse.ArgumentParser(description="Compare MeCo and MeCo-opt on random configurations.")
    parser.add_argument("--networks", type=int, default=80)
    parser.add_argument("--most-flops", type=float, default=250e6)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    table = scored_twice(options.networks, options.most_flops, options.seed)
    print(f"{len(table)} random networks of at most {options.most_flops / 1e6:.0f} MFLOPs, {INPUT_SHAPE}")
    values = {name: table[name].to_numpy(float) for name in table.columns}
    for name in NAMES[:2]:
        again = with_interval(spearman, values[name], values[f"{name}_again"], resamples=300)
        size = with_interval(spearman, values[name], values["flops"], resamples=300)
        print(f"{name:9} with another seed {again}   with FLOPs {size}")


if __name__ == "__main__":
    with errors_in_one_line():
        main()
