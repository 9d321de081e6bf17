"""RAM of published networks run row by row, planned and linked, and the instructions it takes.

    python -m benchmarks.row_streaming                                  plans, a few seconds
    python -m benchmarks.row_streaming --link mobilenet-v2-0.35@128     also compiled, linked, run on an emulated M7
    python -m benchmarks.row_streaming --search 500 --targets rp2040 stm32f746    what the prices do to a search

Linking needs gcc-arm-none-eabi, libnewlib-arm-none-eabi and qemu-system-arm. Bytes are those of the tensors; scratch,
progress and stack come on top, as in the limits, which are those of the design.
"""

import argparse
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from prototypenas.compression.calibration import calibrate
from prototypenas.compression.quantization import quantize
from prototypenas.compression.simulator import quantize_input, simulate
from prototypenas.costing.cores import CORES
from prototypenas.costing.footprint import cost_of
from prototypenas.costing.memory_plan import plan_memory
from prototypenas.costing.targets import load_targets
from prototypenas.deployment.c_project import write_c_project
from prototypenas.deployment.toolchain import build_arm, elf_sizes, run_emulated
from prototypenas.exploration.candidate_evaluation import ExplorationTask
from prototypenas.exploration.exploration import explore
from prototypenas.exploration.space import SearchSpace
from prototypenas.graph.lowering import lower
from prototypenas.selection.hypervolume import hypervolume
from prototypenas.types import Budget, Execution, InputShape, Target
from proxies import PROXIES
from search_spaces import IMAGE_POOL, KERNELS, PUBLISHED

LIMITS = {
    ("mobilenet-v2-0.35", 128): (66_628, 24_704),
    ("mobilenet-v2-0.35", 224): (202_496, 63_168),
    ("mobilenet-v2-1.0", 224): (279_552, 146_720),
    ("resnet18-half", 224): (252_672, 106_848),
    ("squeezenet-1.1", 224): (223_760, 171_048),
    ("proxylessnas-mobile", 224): (296_576, 148_064),
    ("mcunet-in0", 48): (19_968, 13_872),
    ("mcunet-in1", 96): (37_700, 23_424),
    ("mcunet-in2", 160): (103_748, 77_280),
    ("mcunet-in3", 176): (125_380, 90_816),
    ("mcunet-in4", 160): (155_520, 100_800),
}
"""Most bytes allowed with a whole input and with rows handed in, by network and input size."""

BOARD = Target("board", "", "cortex-m7", CORES["cortex-m7"].clock_hz, None, None, Budget())


@dataclass(frozen=True)
class Built:
    """A published network at an input size."""

    name: str
    module: nn.Module
    shape: InputShape


def built(name: str, size: int, *, device: str = "meta") -> Built:
    """Build a published network for an input size."""
    with torch.device(device):
        module = PUBLISHED[name].build(PUBLISHED[name].num_classes).eval()
    return Built(f"{name}@{size}", module, (3, size, size))


def print_plans() -> None:
    """Print the plans of every network; exit with an error where a limit is missed."""
    print(
        f"{'network':24}{'layers':>11}{'whole':>10}{'bound':>10}{'limit':>10}{'rows':>10}{'bound':>10}{'limit':>10}  ms"
    )
    missed = 0
    for (name, size), limits in LIMITS.items():
        network = built(name, size)
        graph = lower(network.module, network.shape)
        plans = {}
        for execution in Execution:
            began = time.process_time()
            plans[execution] = plan_memory(graph, execution)
            milliseconds = 1000 * (time.process_time() - began)
        whole, rows = plans[Execution.AUTO], plans[Execution.ROWS]
        missed += (whole.arena_bytes > limits[0]) + (rows.arena_bytes > limits[1])
        columns = (plans[Execution.LAYERS].arena_bytes, whole.arena_bytes, whole.lower_bound_bytes, limits[0])
        columns += (rows.arena_bytes, rows.lower_bound_bytes, limits[1])
        first, *others = (f"{value:,}" for value in columns)
        print(f"{network.name:24}{first:>11}" + "".join(f"{value:>10}" for value in others) + f"{milliseconds:4.0f}")
    if missed:
        raise SystemExit(f"{missed} limits missed")


def print_linked(name: str, size: int) -> None:
    """Compile, link and emulate a network in all three ways; its output must be the simulator's."""
    torch.manual_seed(0)
    network = built(name, size, device="cpu")
    shapes = lower(network.module, network.shape)
    graph = quantize(shapes, calibrate(shapes, [torch.randn(4, *network.shape)]))
    inputs = quantize_input(graph, torch.randn(1, *network.shape).numpy())
    simulated = simulate(graph, inputs)
    expected = np.concatenate([simulated[output].reshape(1, -1) for output in graph.outputs], axis=1)
    print(f"{network.name:24}{'planned RAM':>12}{'linked':>12}{'planned ROM':>13}{'linked':>12}{'instructions':>14}")
    counted = {}
    for execution in Execution:
        plan = plan_memory(graph, execution)
        footprint = cost_of(graph, BOARD, plan).footprint
        with tempfile.TemporaryDirectory() as folder:
            directory = Path(folder)
            write_c_project(graph, plan, directory, name=name, target=BOARD, sample=inputs[0])
            elf = build_arm(directory, "cortex-m7")
            sizes, run = elf_sizes(elf), run_emulated(elf, "cortex-m7", inputs)
        if not np.array_equal(run.outputs, expected):
            raise SystemExit(f"{network.name}, {execution.value}: the C differs from the simulator")
        counted[execution] = run.instructions
        constants = footprint.rom_bytes - footprint.code_bytes
        values = (plan.total_bytes, sizes.model_ram, constants, sizes.model_rom, run.instructions)
        text = "".join(f"{value:>{width},}" for value, width in zip(values, (12, 12, 13, 12, 14), strict=True))
        ratio = run.instructions / counted.get(Execution.LAYERS, run.instructions)
        print(f"  {execution.value:22}{text}" + (f" {ratio:.4f}" if execution is Execution.ROWS else ""))
    print(f"  auto / layers: {counted[Execution.AUTO] / counted[Execution.LAYERS]:.4f}")


def print_search(trials: int, targets: list[str], seed: int) -> None:
    """Explore with and without rows; print how many candidates fit, and the volume their fronts cover."""
    for name in targets:
        explored = {}
        for execution in (Execution.LAYERS, Execution.AUTO):
            target = replace(load_targets()[name], execution=execution)
            proxies = {"naswot": PROXIES["naswot"]}
            task = ExplorationTask(IMAGE_POOL, proxies, (3, 128, 128), 10, target, target.budget, seed=seed)
            run = explore(task, space=SearchSpace(tuple(IMAGE_POOL), KERNELS), trials=trials, seed=seed)
            explored[execution] = [one for one in run.candidates if one.rejection is None]
        points = {
            execution: np.array([[-one.scores["naswot"], one.cost.flops / 1e6] for one in found])
            for execution, found in explored.items()
        }
        everything = np.concatenate(list(points.values()))
        reference = everything.max(axis=0) + 0.1 * np.ptp(everything, axis=0)
        low = everything.min(axis=0)
        scale = reference - low
        for execution, found in points.items():
            volume = hypervolume((found - low) / scale, 1.0)
            print(f"{name:12}{execution.value:8}{len(found):5} of {trials} fit, hypervolume {volume:.4f}", flush=True)


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--link", nargs="+", default=[], metavar="NETWORK@SIZE")
    parser.add_argument("--search", type=int, metavar="TRIALS")
    parser.add_argument("--targets", nargs="+", default=["rp2040", "stm32f746"])
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for text in arguments.link:
        name, _, size = text.partition("@")
        print_linked(name, int(size))
    if arguments.search:
        print_search(arguments.search, arguments.targets, arguments.seed)
    if not arguments.link and not arguments.search:
        print_plans()


if __name__ == "__main__":
    main()
