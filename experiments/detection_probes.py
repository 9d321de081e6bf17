"""Do proxies rank detectors alike on noise with a pooled loss, the default, and on pictures with the detector's own?

    OMP_NUM_THREADS=1 python -m experiments.detection_probes --candidates 100

Kendall's tau of each proxy between both probes over random detectors of scattered digits, with its 95 % interval;
about a second of one core for each.
"""

import argparse
from collections.abc import Sequence
from random import Random

import numpy as np
import torch

from evaluators.datasets.digits_scattered import ScatteredDigits
from evaluators.detection.detection_task import detection_task
from experiments.rank_correlation import kendall, with_interval
from prototypenas.errors import InvalidConfiguration, ProxyError
from prototypenas.evidence import gaussian_probe, score_prototype
from prototypenas.testing import random_configuration
from proxies import PROXIES
from search_spaces import DETECTION_POOL, KERNELS

PROXY_NAMES = ("meco", "meco_opt", "zico", "naswot", "snip", "grad_norm", "synflow")
EDGE = 64
BATCH = 16


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a row a proxy."""
    parser = argparse.ArgumentParser(description="Proxies of detectors on two probes.")
    parser.add_argument("--candidates", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    task = detection_task(ScatteredDigits().load(input_shape=(1, EDGE, EDGE)))
    probes = (
        gaussian_probe(task.input_shape, task.num_classes, batch_size=BATCH, seed=options.seed),
        task.probe(batch_size=BATCH, seed=options.seed),
    )
    proxies = {name: PROXIES[name] for name in PROXY_NAMES}
    random = Random(options.seed)
    rows: list[list[dict[str, float]]] = []
    refused = failed = 0
    while len(rows) < options.candidates:
        name = sorted(DETECTION_POOL)[len(rows) % len(DETECTION_POOL)]
        configuration = random_configuration(random, name, KERNELS[name])
        torch.manual_seed(options.seed)
        try:
            network = DETECTION_POOL[name](configuration, task.input_shape, task.num_classes)
            task.check_network(network)
            rows.append([score_prototype(network, probe, proxies) for probe in probes])
        except InvalidConfiguration:
            refused += 1
        except ProxyError:
            failed += 1
    print(f"{len(rows)} detectors; {refused} could not be built, {failed} were not scored")
    for name in PROXY_NAMES:
        on_noise, on_pictures = (np.array([row[place][name] for row in rows]) for place in (0, 1))
        print(f"{name:10} {with_interval(kendall, on_noise, on_pictures)}", flush=True)


if __name__ == "__main__":
    main()
