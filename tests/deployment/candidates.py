"""Random candidates of every pool as integer graphs, and their C projects linked with kernels compiled once."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random

import numpy as np
import torch
from numpy.typing import NDArray

from prototypenas.compression.calibration import calibrate
from prototypenas.compression.quantization import quantize
from prototypenas.compression.simulator import quantize_input, simulate
from prototypenas.costing.cores import core_named
from prototypenas.costing.memory_plan import MemoryPlan, plan_memory
from prototypenas.deployment.c_project import write_c_project
from prototypenas.deployment.toolchain import arm_flags, run_program
from prototypenas.errors import InvalidConfiguration
from prototypenas.graph.graph import Graph
from prototypenas.graph.lowering import lower
from prototypenas.testing import random_configuration
from prototypenas.types import Budget, Execution, Target
from search_spaces import DETECTION_POOL, IMAGE_POOL, KERNELS, TIME_SERIES_POOL

POOLS = {"image": IMAGE_POOL, "time series": TIME_SERIES_POOL, "detection": DETECTION_POOL}
SHAPES = {"image": (3, 32, 32), "time series": (3, 128), "detection": (3, 48, 48)}
WEIGHT_LIMIT = 400_000
"""Bytes; candidates beyond are drawn again, since their C takes a compiler too long here."""
BOARD = Target("board", "a test", "cortex-m7", 600_000_000, None, None, Budget())


@dataclass(frozen=True, eq=False)
class Candidate:
    """A random candidate's integer graph with inputs."""

    architecture: str
    graph: Graph
    reals: NDArray[np.float32]

    @cached_property
    def plan(self) -> MemoryPlan:
        return plan_memory(self.graph)

    def run_as(self, execution: Execution) -> "Candidate":
        """The same network, run layer by layer or row by row."""
        other = Candidate(self.architecture, self.graph, self.reals)
        other.__dict__["plan"] = plan_memory(self.graph, execution)
        return other

    @cached_property
    def inputs(self) -> NDArray[np.int8]:
        return quantize_input(self.graph, self.reals)

    @cached_property
    def expected(self) -> NDArray[np.int8]:
        """The simulator's outputs `(N, bytes)`, one after the other."""
        found = simulate(self.graph, self.inputs)
        return np.concatenate([found[name].reshape(len(self.inputs), -1) for name in self.graph.outputs], axis=1)

    def write(self, directory: Path) -> Path:
        sample = self.inputs[0]
        write_c_project(self.graph, self.plan, directory, name="candidate", target=BOARD, sample=sample)
        return directory


def random_candidate(pool: str, seed: int, *, samples: int = 3, weight_limit: int = WEIGHT_LIMIT) -> Candidate:
    """Draw one architecture of a pool by turns and a configuration that fits; random weights and statistics."""
    random, shape = Random(seed), SHAPES[pool]
    architecture = sorted(POOLS[pool])[seed % len(POOLS[pool])]
    while True:
        configuration = random_configuration(random, architecture, KERNELS[architecture])
        try:
            with torch.device("meta"):
                shapes = lower(POOLS[pool][architecture](configuration, shape, 10), shape)
        except InvalidConfiguration:
            continue
        if sum(operator.weight_bytes() for operator in shapes.operators) <= weight_limit:
            break
    torch.manual_seed(seed)
    module = with_random_statistics(POOLS[pool][architecture](configuration, shape, 10), shape)
    graph = lower(module, shape)
    ranges = calibrate(graph, [torch.randn(16, *shape)])
    return Candidate(architecture, quantize(graph, ranges), torch.randn(samples, *shape).numpy())


def with_random_statistics(module: torch.nn.Module, shape: tuple[int, ...]) -> torch.nn.Module:
    """Let normalisation see data, then shift it at random, as training would."""
    norms = [layer for layer in module.modules() if isinstance(layer, torch.nn.modules.batchnorm._BatchNorm)]
    module.train()
    with torch.no_grad():
        for _ in range(6):
            module(torch.randn(16, *shape))
        for norm in norms:
            norm.weight.uniform_(0.5, 1.5)
            norm.bias.normal_(0.0, 0.3)
            norm.running_mean += 0.1 * torch.randn_like(norm.running_mean) * norm.running_var.sqrt()
            norm.running_var *= torch.empty_like(norm.running_var).uniform_(0.7, 1.4)
    return module.eval()


class Linker:
    """Builds ELF files; kernels and port are compiled once for each core and optimization."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.objects: dict[tuple[str, str], dict[str, Path]] = {}

    def elf(self, project: Path, core: str, optimization: str) -> Path:
        board, build = core_named(core), project / "build"
        build.mkdir(exist_ok=True)
        shared = self._shared(project, core, optimization)
        own = [compiled(project, name, core, optimization, build) for name in ("main.c", "model.c", "weights.c")]
        memory = {"ROM_ORIGIN": board.rom_origin, "ROM_LENGTH": board.rom_length}
        memory |= {"RAM_ORIGIN": board.ram_origin, "RAM_LENGTH": board.ram_length}
        symbols = [f"-Wl,--defsym={name}={value}" for name, value in memory.items()]
        elf = build / f"{core}{optimization}.elf"
        flags = [*arm_flags(core, optimization), "-nostartfiles", "-T", "cortexm.ld", "-Wl,--gc-sections", *symbols]
        run_program(["arm-none-eabi-gcc", *flags, *map(str, own + shared), "-o", str(elf)], directory=project)
        return elf

    def _shared(self, project: Path, core: str, optimization: str) -> list[Path]:
        known = self.objects.setdefault((core, optimization), {})
        folder = self.directory / f"{core}{optimization}"
        folder.mkdir(exist_ok=True)
        sources = ["port_semihosting.c", *(f"kernels/{path.name}" for path in (project / "kernels").glob("*.c"))]
        for source in sources:
            if source not in known:
                known[source] = compiled(project, source, core, optimization, folder)
        return [known[source] for source in sources]


def compiled(project: Path, source: str, core: str, optimization: str, folder: Path) -> Path:
    target = folder / f"{core}{optimization}{Path(source).stem}.o"
    clock = f"-DPORT_CLOCK_HZ={core_named(core).clock_hz}"
    command = ["arm-none-eabi-gcc", *arm_flags(core, optimization), clock, "-c", source, "-o", str(target)]
    run_program(command, directory=project, seconds=300)
    return target
