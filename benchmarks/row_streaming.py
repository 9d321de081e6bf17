"""RAM of published networks run row by row, planned and linked, and the instructions it takes.

    python -m benchmarks.row_streaming                                  plans, a few seconds
    python -m benchmarks.row_streaming --link mobilenet-v2-0.35@128     also compiled, linked, run on an emulated M7
    python -m benchmarks.row_streaming --candidates 3     random candidates of every architecture instead
    python -m benchmarks.row_streaming --fits 150         random configurations that fit a target
    python -m benchmarks.row_streaming --search 500 --targets rp2040 stm32f746    what the prices do to a search

Linking needs gcc-arm-none-eabi, libnewlib-arm-none-eabi and qemu-system-arm. Bytes are those of the tensors; scratch,
progress and stack come on top, as in the limits, which are those of the design.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from random import Random

import numpy as np
import torch
from torch import nn

from prototypenas.compression.calibration import calibrate
from prototypenas.compression.quantization import quantize
from prototypenas.compression.simulator import quantize_input, simulate_rows
from prototypenas.costing.cores import CORES
from prototypenas.costing.footprint import cost_of
from prototypenas.costing.memory_plan import MemoryPlan, plan_memory
from prototypenas.costing.targets import load_targets
from prototypenas.deployment.c_project import write_c_project
from prototypenas.deployment.toolchain import ElfSizes, build_arm, build_host, elf_sizes, run_emulated, run_host
from prototypenas.errors import InvalidConfiguration
from prototypenas.exploration.candidate_evaluation import ExplorationTask
from prototypenas.exploration.exploration import explore
from prototypenas.exploration.space import SearchSpace
from prototypenas.graph.graph import Graph
from prototypenas.graph.lowering import lower
from prototypenas.protocols import Baseline
from prototypenas.selection.hypervolume import hypervolume
from prototypenas.testing import random_configuration
from prototypenas.types import Budget, Cost, Execution, InputShape, Rejected, Scored, Target
from prototypenas.workers.in_process import InProcess
from proxies import PROXIES
from search_spaces import DETECTION_POOL, IMAGE_POOL, KERNELS, PUBLISHED, TIME_SERIES_POOL

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


BOARD_FLASH = 4 * 2**20
"""Bytes of the emulated board."""

POOLS: tuple[tuple[Mapping[str, Baseline], InputShape], ...] = (
    (IMAGE_POOL, (3, 64, 64)),
    (TIME_SERIES_POOL, (6, 256)),
    (DETECTION_POOL, (3, 64, 64)),
)


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
        columns = [plans[Execution.LAYERS].arena_bytes, whole.arena_bytes, whole.lower_bound_bytes, limits[0]]
        columns += [rows.arena_bytes, rows.lower_bound_bytes, limits[1]]
        first, *others = (f"{value:,}" for value in columns)
        print(f"{network.name:24}{first:>11}" + "".join(f"{value:>10}" for value in others) + f"{milliseconds:4.0f}")
    if missed:
        raise SystemExit(f"{missed} limits missed")


@dataclass(frozen=True)
class Linked:
    """A network compiled, linked and run in one of the ways."""

    plan: MemoryPlan
    constants: int
    """Planned bytes of ROM, the code apart."""
    sizes: ElfSizes
    instructions: int | None
    """`None` where the constants exceed the emulated board's flash: then the C was run on this machine."""


def linked(network: Built) -> dict[Execution, Linked]:
    """Compile, link and emulate a network in all three ways; its output must be the simulator's."""
    shapes = lower(network.module, network.shape)
    graph = quantize(shapes, calibrate(shapes, [torch.randn(4, *network.shape)]))
    inputs = quantize_input(graph, torch.randn(1, *network.shape).numpy())
    expected = simulate_rows(graph, inputs)
    found = {}
    for execution in Execution:
        plan = plan_memory(graph, execution)
        footprint = cost_of(graph, BOARD, plan).footprint
        with tempfile.TemporaryDirectory() as folder:
            directory = Path(folder)
            write_c_project(graph, plan, directory, name=network.name.replace("@", " "), target=BOARD, sample=inputs[0])
            on_board = footprint.rom_bytes + inputs[0].size <= BOARD_FLASH
            elf = build_arm(directory, "cortex-m7", on_board=on_board)
            sizes = elf_sizes(elf)
            if on_board:
                run = run_emulated(elf, "cortex-m7", inputs)
                outputs, instructions = run.outputs, run.instructions
            else:
                outputs, instructions = run_host(build_host(directory), inputs), None
        if not np.array_equal(outputs, expected):
            raise SystemExit(f"{network.name}, {execution.value}: the C differs from the simulator")
        constants = footprint.rom_bytes - footprint.code_bytes
        found[execution] = Linked(plan, constants, sizes, instructions)
        if (sizes.model_ram, sizes.model_rom) != (plan.total_bytes, constants):
            raise SystemExit(f"{network.name}, {execution.value}: planned is not linked, {found[execution]}")
    return found


def print_linked(name: str, size: int) -> None:
    """Print planned and linked bytes and the instructions of a published network."""
    torch.manual_seed(0)
    network = built(name, size, device="cpu")
    print(f"{network.name:24}{'planned RAM':>12}{'linked':>12}{'planned ROM':>13}{'linked':>12}{'instructions':>14}")
    found = linked(network)
    for execution, run in found.items():
        values = (run.plan.total_bytes, run.sizes.model_ram, run.constants, run.sizes.model_rom)
        text = "".join(f"{value:>{width},}" for value, width in zip(values, (12, 12, 13, 12), strict=True))
        layers = found[Execution.LAYERS].instructions
        if run.instructions is not None and layers is not None:
            text += f"{run.instructions:>14,} {run.instructions / layers:.4f}"
        print(f"  {execution.value:22}{text}", flush=True)


def print_candidates(names: list[str], count: int, seed: int) -> None:
    """Print RAM and instructions of random candidates, row by row over layer by layer."""
    print(f"{'architecture':20}{'RAM auto':>10}{'rows':>8}{'instructions auto':>20}{'rows':>8}")
    for pool, shape in POOLS:
        for name in (name for name in pool if name in names or not names):
            random = Random(seed)
            for _ in range(count):
                torch.manual_seed(seed)
                found = linked(Built(name, _small_candidate(pool, name, shape, random), shape))
                layers, whole, rows = (found[way] for way in (Execution.LAYERS, Execution.AUTO, Execution.ROWS))
                ram = [run.plan.total_bytes / layers.plan.total_bytes for run in (whole, rows)]
                instructions = [_ratio(run, layers) for run in (whole, rows)]
                print(f"{name:20}{ram[0]:10.3f}{ram[1]:8.3f}{instructions[0]:20.3f}{instructions[1]:8.3f}", flush=True)


def _ratio(run: Linked, layers: Linked) -> float:
    if run.instructions is None or layers.instructions is None:
        raise AssertionError("small candidates fit the emulated board")
    return run.instructions / layers.instructions


def _small_candidate(
    pool: Mapping[str, Baseline], name: str, shape: InputShape, random: Random, *, most_weight_bytes: int = 300_000
) -> nn.Module:
    """Draw a candidate whose weights a compiler takes in quickly."""
    while True:
        configuration = random_configuration(random, name, KERNELS[name])
        try:
            module = pool[name](configuration, shape, 10).eval()
        except InvalidConfiguration:
            continue
        if sum(operator.weight_bytes() for operator in lower(module, shape).operators) <= most_weight_bytes:
            return module


SEARCHED_SHAPE = (3, 128, 128)
SEARCHED_CLASSES = 10


def print_search(trials: int, targets: list[str], seed: int, *, flops_limit: bool) -> None:
    """Explore with and without rows; print how many candidates fit, and the volume their fronts cover.

    Volumes are of NASWOT and FLOPs, each scaled to what both explorations found, for the default sampler. `only rows`
    counts the candidates found with rows that do not fit layer by layer.
    """
    print(
        f"{'target':12}{'FLOPs limit':>13}{'execution':>11}{'fit':>6}{'only rows':>11}{'best NASWOT':>13}{'volume':>9}"
    )
    for name in targets:
        tasks = {way: _searched(name, way, seed, flops_limit=flops_limit) for way in (Execution.LAYERS, Execution.AUTO)}
        space = SearchSpace(tuple(IMAGE_POOL), KERNELS)
        found = {
            way: explore(task, space=space, trials=trials, seed=seed, executor=InProcess()).feasible
            for way, task in tasks.items()
        }
        points = {way: np.array([_objectives(one) for one in candidates]) for way, candidates in found.items()}
        everything = np.concatenate(list(points.values()))
        low, span = everything.min(axis=0), 1.1 * np.ptp(everything, axis=0)
        for way, candidates in found.items():
            refused = sum(isinstance(tasks[Execution.LAYERS].price(one).candidate, Rejected) for one in candidates)
            volume = hypervolume((points[way] - low) / span, 1.0)
            limit = tasks[way].budget.flops
            text = f"{name:12}{'none' if limit is None else format(limit, ','):>13}{way.value:>11}{len(candidates):6}"
            print(f"{text}{refused:11}{-points[way][:, 0].min():13.1f}{volume:9.4f}", flush=True)


def print_fits(count: int, targets: list[str], seed: int) -> None:
    """Price random configurations; print how many fit with and without rows, and with and without the FLOPs limit."""
    print(f"{'target':12}{'execution':>11}{'fit':>6}{'but for FLOPs':>15}  of {count}")
    priced: dict[tuple[str, Execution], list[Cost]] = {}
    for graph in _random_graphs(count, seed):
        for name, way in product(targets, (Execution.LAYERS, Execution.AUTO)):
            target = replace(load_targets()[name], execution=way)
            priced.setdefault((name, way), []).append(cost_of(graph, target))
    for (name, way), costs in priced.items():
        limits = load_targets()[name].budget
        fit, fit_but_for_flops = (
            sum(budget.rejection(cost) is None for cost in costs) for budget in (limits, replace(limits, flops=None))
        )
        print(f"{name:12}{way.value:>11}{fit:6}{fit_but_for_flops:15}")


def _random_graphs(count: int, seed: int) -> Iterator[Graph]:
    random, names = Random(seed), sorted(IMAGE_POOL)
    while count > 0:
        name = random.choice(names)
        configuration = random_configuration(random, name, KERNELS[name])
        try:
            with torch.device("meta"):
                module = IMAGE_POOL[name](configuration, SEARCHED_SHAPE, SEARCHED_CLASSES)
        except InvalidConfiguration:
            continue
        count -= 1
        yield lower(module, SEARCHED_SHAPE)


def _searched(name: str, execution: Execution, seed: int, *, flops_limit: bool) -> ExplorationTask:
    target = replace(load_targets()[name], execution=execution)
    budget = target.budget if flops_limit else replace(target.budget, flops=None)
    proxies = {"naswot": PROXIES["naswot"]}
    return ExplorationTask(IMAGE_POOL, proxies, SEARCHED_SHAPE, SEARCHED_CLASSES, target, budget, seed=seed)


def _objectives(candidate: Scored) -> tuple[float, float]:
    """Return what is minimised: the score with its sign turned, and MFLOPs."""
    return -candidate.scores["naswot"], candidate.cost.flops / 1e6


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--link", nargs="+", default=[], metavar="NETWORK@SIZE")
    parser.add_argument("--candidates", type=int, default=0, metavar="COUNT", help="of each architecture")
    parser.add_argument("--architectures", nargs="+", default=[], help="of the candidates; all if none is named")
    parser.add_argument("--search", type=int, metavar="TRIALS")
    parser.add_argument("--fits", type=int, default=0, metavar="COUNT", help="random configurations to price")
    parser.add_argument("--no-flops-limit", action="store_true", help="of the search: RAM and ROM limits alone")
    parser.add_argument("--targets", nargs="+", default=["rp2040", "stm32f746"])
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for text in arguments.link:
        name, _, size = text.partition("@")
        print_linked(name, int(size))
    if arguments.candidates:
        print_candidates(arguments.architectures, arguments.candidates, arguments.seed)
    if arguments.search:
        print_search(arguments.search, arguments.targets, arguments.seed, flops_limit=not arguments.no_flops_limit)
    if arguments.fits:
        print_fits(arguments.fits, arguments.targets, arguments.seed)
    if not (arguments.link or arguments.candidates or arguments.search or arguments.fits):
        print_plans()


if __name__ == "__main__":
    main()
