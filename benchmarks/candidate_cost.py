"""What one candidate costs before any proxy runs: build by shapes, lower, plan.

    OMP_NUM_THREADS=1 python benchmarks/candidate_cost.py [draws an architecture]

Prints medians in ms over random configurations of the image pool at 3x128x128, invalid ones left out.
"""

import statistics
import sys
import time
from collections.abc import Iterator
from random import Random

import torch

from prototypenas.costing.memory_plan import plan_memory
from prototypenas.errors import InvalidConfiguration
from prototypenas.graph.lowering import lower
from prototypenas.testing import random_configuration
from search_spaces import IMAGE_POOL, KERNELS

INPUT_SHAPE = (3, 128, 128)


def main(draws: int) -> None:
    """Measure and print."""
    torch.set_num_threads(1)
    everything = []
    print(f"{'architecture':14}{'build':>8}{'lower':>8}{'plan':>8}{'all':>8}  ms")
    for name in IMAGE_POOL:
        timings = list(measured(name, draws))
        everything += timings
        print_row(name, timings)
    print_row("image pool", everything)


def measured(name: str, draws: int) -> Iterator[tuple[float, float, float]]:
    """Return the seconds of build, lowering and planning of each valid draw."""
    random = Random(0)
    for _ in range(draws):
        configuration = random_configuration(random, name, KERNELS[name])
        start = time.process_time()
        try:
            with torch.device("meta"):
                model = IMAGE_POOL[name](configuration, INPUT_SHAPE, 10)
        except InvalidConfiguration:
            continue
        built = time.process_time()
        graph = lower(model, INPUT_SHAPE)
        lowered = time.process_time()
        plan_memory(graph)
        yield built - start, lowered - built, time.process_time() - lowered


def print_row(name: str, timings: list[tuple[float, float, float]]) -> None:
    """Print the medians of each part and of the sum."""
    columns = [*zip(*timings, strict=True), tuple(sum(parts) for parts in timings)]
    print(f"{name:14}" + "".join(f"{1e3 * statistics.median(column):8.2f}" for column in columns))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
