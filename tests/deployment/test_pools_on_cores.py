"""Random candidates of every pool: simulator, C here and C on three cores give equal bytes; planned is linked."""

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from prototypenas.costing.footprint import cost_of
from prototypenas.deployment.toolchain import build_host, elf_sizes, run_emulated, run_host, run_program
from prototypenas.types import Execution
from tests.deployment.candidates import BOARD, POOLS, Linker, random_candidate

CORES = ("cortex-m4", "cortex-m7", "cortex-m33")
CANDIDATES = int(os.environ.get("PROTOTYPENAS_CANDIDATES", "3"))
"""Of each pool in the slow tier; 20 take about ten minutes."""

pytestmark = pytest.mark.emulator


@pytest.fixture(scope="module")
def linker(tmp_path_factory):
    return Linker(tmp_path_factory.mktemp("objects"))


def check_chain(candidate, project, linker, optimizations):
    """Build everywhere; the last of `optimizations` is what the emulator runs."""
    footprint = cost_of(candidate.graph, BOARD, candidate.plan).footprint
    constants = footprint.rom_bytes - footprint.code_bytes
    np.testing.assert_array_equal(run_host(build_host(project), candidate.inputs), candidate.expected)
    for core in CORES:
        for optimization in optimizations:
            elf = linker.elf(project, core, optimization)
            sizes = elf_sizes(elf)
            assert (sizes.model_rom, sizes.model_ram) == (constants, candidate.plan.total_bytes), optimization
        np.testing.assert_array_equal(run_emulated(elf, core, candidate.inputs).outputs, candidate.expected)
    # Where rows are handed in because that was asked for, rings may take more than whole tensors would.
    assert candidate.plan.streamed_input or candidate.plan.arena_bytes <= candidate.plan.live_bound_bytes


@pytest.mark.parametrize("execution", [Execution.AUTO, Execution.ROWS], ids=["whole input", "rows handed in"])
@pytest.mark.parametrize("pool", POOLS)
def test_a_candidate_is_the_same_everywhere(pool, execution, linker, tmp_path):
    candidate = random_candidate(pool, 1).run_as(execution)
    assert candidate.plan.segments
    check_chain(candidate, candidate.write(tmp_path), linker, ["-O2"])


@pytest.mark.parametrize("pool", POOLS)
def test_clang_agrees_without_a_warning_and_the_c_is_formatted(pool, tmp_path):
    if shutil.which("clang") is None:
        pytest.skip("clang is not installed")
    candidate = random_candidate(pool, 1)
    project = candidate.write(tmp_path)
    found = run_host(build_host(project, compiler="clang"), candidate.inputs)
    np.testing.assert_array_equal(found, candidate.expected)
    formatter = shutil.which("clang-format", path=str(Path(sys.executable).parent)) or shutil.which("clang-format")
    if formatter is not None:
        run_program([formatter, "--dry-run", "--Werror", *map(str, project.glob("*.[ch]"))], directory=project)


@pytest.mark.slow
@pytest.mark.parametrize("execution", list(Execution), ids=lambda execution: execution.value)
@pytest.mark.parametrize("seed", range(CANDIDATES))
@pytest.mark.parametrize("pool", POOLS)
def test_candidates_are_the_same_everywhere_at_every_optimization(pool, seed, execution, linker, tmp_path):
    candidate = random_candidate(pool, 100 + seed).run_as(execution)
    check_chain(candidate, candidate.write(tmp_path), linker, ["-O0", "-Os", "-O2"])
