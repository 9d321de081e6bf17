"""Random candidates of every pool as integer graphs, and their C projects linked with kernels compiled once."""

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from itertools import product
from pathlib import Path
from random import Random

import numpy as np
import torch
from numpy.typing import NDArray

from prototypenas.compression.calibration import calibrate
from prototypenas.compression.quantization import quantize
from prototypenas.compression.simulator import quantize_input, simulate
from prototypenas.costing.cores import core_named
from prototypenas.costing.footprint import cost_of
from prototypenas.costing.memory_plan import MemoryPlan, plan_memory
from prototypenas.deployment.c_project import write_c_project
from prototypenas.deployment.toolchain import WARNINGS, arm_flags, elf_sizes, run_emulated, run_host, run_program
from prototypenas.errors import InvalidConfiguration
from prototypenas.graph.graph import Graph
from prototypenas.graph.lowering import lower
from prototypenas.testing import random_configuration
from prototypenas.types import Budget, Execution, Target
from search_spaces import DETECTION_POOL, IMAGE_POOL, KERNELS, TIME_SERIES_POOL

FULL_PROOF = "PROTOTYPENAS_CANDIDATES" in os.environ
CANDIDATES = int(os.environ.get("PROTOTYPENAS_CANDIDATES", "3"))
"""Of each pool in the slow tier."""

CORES = ("cortex-m4", "cortex-m7", "cortex-m33")
OPTIMIZATIONS = ("-O0", "-Os", "-O2")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
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


def check_everywhere(
    candidate: Candidate,
    directory: Path,
    linker: "Linker",
    *,
    optimizations: Sequence[str] = OPTIMIZATIONS,
    full: bool = FULL_PROOF,
) -> None:
    """Build at every optimization: the simulator's bytes come out here and on every core, and planned is linked.

    In `full` every build is run, and one with sanitizers; else only those at -O2 are.
    """
    project = candidate.write(directory)
    footprint = cost_of(candidate.graph, BOARD, candidate.plan).footprint
    constants = footprint.rom_bytes - footprint.code_bytes
    run = optimizations if full else ("-O2",)
    for optimization in run:
        found = run_host(linker.host(project, optimization), candidate.inputs)
        np.testing.assert_array_equal(found, candidate.expected, optimization)
    if full:
        found = run_host(linker.host(project, "-O1", SANITIZERS), candidate.inputs)
        np.testing.assert_array_equal(found, candidate.expected, "sanitizers")
    for core, optimization in product(CORES, optimizations):
        elf = linker.elf(project, core, optimization)
        sizes = elf_sizes(elf)
        assert (sizes.model_rom, sizes.model_ram) == (constants, candidate.plan.total_bytes), (core, optimization)
        if optimization in run:
            found = run_emulated(elf, core, candidate.inputs).outputs
            np.testing.assert_array_equal(found, candidate.expected, f"{core} {optimization}")


def check_format(project: Path) -> None:
    """Fail where clang-format, if there is one, would write a C file otherwise."""
    formatter = shutil.which("clang-format", path=str(Path(sys.executable).parent)) or shutil.which("clang-format")
    if formatter is not None:
        run_program([formatter, "--dry-run", "--Werror", *map(str, project.glob("*.[ch]"))], directory=project)


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
    """Builds programs for this machine and for cores; what all projects share is compiled once for each way.

    Weights are data, the same at every optimization: they are compiled once a core.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def host(self, project: Path, optimization: str, flags: Sequence[str] = ()) -> Path:
        command = ["gcc", *WARNINGS, optimization, *flags, "-Ikernels"]
        program = project / "build" / "host"
        data = ["gcc", *WARNINGS, *flags, "-Ikernels"]
        objects = self._objects(project, command, data, "port_host.c")
        run_program([*command, *objects, "-o", str(program)], directory=project)
        return program

    def elf(self, project: Path, core: str, optimization: str) -> Path:
        board = core_named(core)
        memory = {"ROM_ORIGIN": board.rom_origin, "ROM_LENGTH": board.rom_length}
        memory |= {"RAM_ORIGIN": board.ram_origin, "RAM_LENGTH": board.ram_length}
        symbols = [f"-Wl,--defsym={name}={value}" for name, value in memory.items()]
        clock = f"-DPORT_CLOCK_HZ={board.clock_hz}"
        command = ["arm-none-eabi-gcc", *arm_flags(core, optimization), clock]
        data = ["arm-none-eabi-gcc", *arm_flags(core, "-O0")]
        objects = self._objects(project, command, data, "port_semihosting.c")
        elf = project / "build" / f"{core}{optimization}.elf"
        link = ["-nostartfiles", "-T", "cortexm.ld", "-Wl,--gc-sections", *symbols]
        run_program([*command, *link, *objects, "-o", str(elf)], directory=project)
        return elf

    def _objects(self, project: Path, command: list[str], data: list[str], port: str) -> list[str]:
        """Compile a project as far as that was not done for another one."""
        build = project / "build"
        build.mkdir(exist_ok=True)
        own = [_compiled(project, name, command, build / f"{name}.o") for name in ("main.c", "model.c")]
        shared = [port, *(f"kernels/{path.name}" for path in (project / "kernels").glob("*.c"))]
        shared = [self._once(project, name, command) for name in shared]
        return [*own, *shared, self._once(project, "weights.c", data)]

    def _once(self, project: Path, source: str, command: list[str]) -> str:
        key = sha256((project / source).read_bytes() + " ".join(command).encode()).hexdigest()
        target = self.directory / f"{Path(source).stem}-{key[:24]}.o"
        return str(target) if target.exists() else _compiled(project, source, command, target)


def _compiled(project: Path, source: str, command: list[str], target: Path) -> str:
    run_program([*command, "-c", source, "-o", str(target)], directory=project, seconds=300)
    return str(target)
