"""What the footprint plans for code and stack bounds what is linked and what runs, on candidates of every pool."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from prototypenas.costing.footprint import cost_of
from prototypenas.deployment.toolchain import run_program
from prototypenas.types import Execution
from tests.deployment.candidates import BOARD, POOLS, Linker, random_candidate

CORES = ("cortex-m4", "cortex-m7", "cortex-m33")
SEEDS = {"image": range(6), "time series": range(2), "detection": range(3)}
SLACK = 112
SLACK_OF_ROWS = 320
"""Bytes by which the planned code may exceed the linked code at -O2."""

pytestmark = [pytest.mark.emulator, pytest.mark.slow]


@pytest.fixture(scope="module")
def linker(tmp_path_factory):
    return Linker(tmp_path_factory.mktemp("objects"))


def linked_code(elf, project):
    """Code of model, kernels and library in an ELF file, with the constants the code needs; bytes."""
    listing = run_program(["arm-none-eabi-nm", "-S", "-n", str(elf)], directory=project)
    symbols = re.findall(r"^(\w+) (\w+) [tTrR] (\S+)$", listing, re.MULTILINE)
    own = (project / "main.c", project / "port_semihosting.c")
    example = set(re.findall(r"\b(\w+)\(", "".join(path.read_text() for path in own)))
    example = {name for name in example if not name.startswith("model_")} | {"vectors", "sample"}
    data = {"model_layers", "model_biases", "model_multipliers", "model_weights", "model_shifts"}
    data |= {"model_segments", "steps"}
    return sum(-(-int(size, 16) // 4) * 4 for _, size, name in symbols if name not in example | data)


@pytest.mark.parametrize("execution", list(Execution), ids=lambda execution: execution.value)
@pytest.mark.parametrize(("pool", "seed"), [(pool, seed) for pool in POOLS for seed in SEEDS[pool]])
def test_planned_code_bounds_the_linked_code(pool, seed, execution, linker, tmp_path):
    candidate = random_candidate(pool, seed).run_as(execution)
    project = candidate.write(tmp_path)
    for core in CORES:
        planned = cost_of(candidate.graph, replace(BOARD, core=core), candidate.plan).footprint.code_bytes
        linked = linked_code(linker.elf(project, core, "-O2"), project)
        assert 0 <= planned - linked <= (SLACK_OF_ROWS if candidate.plan.segments else SLACK), (core, planned, linked)


@pytest.mark.parametrize("pool", POOLS)
def test_stack_on_the_target_stays_below_the_bound(pool, linker, tmp_path):
    candidate = random_candidate(pool, 0)
    project = candidate.write(tmp_path)
    shutil.copy(Path(__file__).parent / "stack_probe.c", project / "main.c")
    elf = linker.elf(project, "cortex-m7", "-O2")
    command = ["qemu-system-arm", "-M", "mps2-an500", "-nographic", "-monitor", "none", "-serial", "none"]
    command += ["-semihosting-config", "enable=on,target=native", "-kernel", str(elf)]
    used = int(re.search(r"stack (\d+)", run_program(command, directory=project))[1])
    bound = cost_of(candidate.graph, BOARD).footprint.stack_bytes
    assert 100 < used <= bound
