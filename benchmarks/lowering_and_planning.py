"""How long one candidate's RAM, ROM and FLOPs take, and how good the memory plans are.

Run from the repository root: `OMP_NUM_THREADS=1 python -m benchmarks.lowering_and_planning`. CPU time, so that other
work on the machine shifts it less than the clock on the wall. Expected on one core that does little else: a median of
14 ms of planning a picture candidate, 16 ms with `--execution rows`; with several other programs on the core 24 and
29 ms were seen over all pools.
"""

import argparse
import time
from random import Random
from statistics import mean, median

import torch
import torchvision

from prototypenas.costing.footprint import cost_of
from prototypenas.costing.memory_plan import plan_memory
from prototypenas.costing.targets import load_targets
from prototypenas.errors import InvalidConfiguration
from prototypenas.graph.lowering import lower
from prototypenas.testing.sampling import random_configuration
from prototypenas.types import Execution
from search_spaces import DETECTION_POOL, IMAGE_POOL, KERNELS, TIME_SERIES_POOL

POOLS = ((IMAGE_POOL, (3, 128, 128)), (TIME_SERIES_POOL, (6, 256)), (DETECTION_POOL, (3, 128, 128)))
PUBLISHED = {
    "MobileNetV2-0.35 @128": lambda: torchvision.models.mobilenet_v2(weights=None, width_mult=0.35),
    "MobileNetV2-1.0 @128": lambda: torchvision.models.mobilenet_v2(weights=None),
    "ResNet18 @128": lambda: torchvision.models.resnet18(weights=None),
    "SqueezeNet-1.1 @128": lambda: torchvision.models.squeezenet1_1(weights=None),
}


def candidates(name, baseline, input_shape, count, seed):
    """Networks of random configurations on the meta device."""
    random, found = Random(seed), []
    while len(found) < count:
        try:
            with torch.device("meta"):
                found.append(baseline(random_configuration(random, name, KERNELS[name]), input_shape, 10))
        except InvalidConfiguration:
            continue
    return found


def price(module, input_shape, target, execution):
    """Plan, and milliseconds of lowering, of planning, and in all."""
    start = time.process_time()
    graph = lower(module, input_shape)
    lowered = time.process_time()
    plan = plan_memory(graph, execution)
    planned = time.process_time()
    cost_of(graph, target, plan)
    end = time.process_time()
    return plan, [1000 * seconds for seconds in (lowered - start, planned - lowered, end - start)]


def print_row(name, results):
    """One line of medians and means."""
    plans = [plan for plan, _ in results]
    lowering, planning, total = (median(column) for column in zip(*(times for _, times in results), strict=True))
    slowest = max(times[2] for _, times in results)
    above = mean(plan.arena_bytes / plan.lower_bound_bytes - 1 for plan in plans)
    saved = mean(1 - plan.arena_bytes / plan.live_bound_bytes for plan in plans)
    worst = max(plan.arena_bytes / plan.live_bound_bytes for plan in plans)
    print(
        f"{name:22} {lowering:9.1f} {planning:9.1f} {total:7.1f} {slowest:7.1f}"
        f" {above:11.2%} {saved:11.1%} {worst:10.2f}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=40, help="candidates of each architecture")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--execution", default="auto", choices=[one.value for one in Execution])
    arguments = parser.parse_args()
    execution = Execution(arguments.execution)
    torch.set_num_threads(1)
    target = load_targets()["imxrt1062"]
    print(f"{'':22} {'lower ms':>9} {'plan ms':>9} {'all ms':>7} {'max ms':>7}", end=" ")
    print(f"{'above low':>11} {'saved':>11} {'worst':>10}")
    everything = []
    for pool, shape in POOLS:
        for name, baseline in pool.items():
            modules = candidates(name, baseline, shape, arguments.count, arguments.seed)
            results = [price(module, shape, target, execution) for module in modules]
            everything += results
            print_row(name, results)
    print_row("all candidates", everything)
    for name, build in PUBLISHED.items():
        with torch.device("meta"):
            module = build()
        plan, _ = price(module, (3, 128, 128), target, execution)
        print(f"{name:22} arena {plan.arena_bytes:,} B, live tensors {plan.live_bound_bytes:,} B")


if __name__ == "__main__":
    main()
