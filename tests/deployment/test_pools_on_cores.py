"""Random candidates of every pool: simulator, C here and C on three cores give equal bytes; planned is linked."""

import shutil
from functools import lru_cache
from itertools import product

import numpy as np
import pytest

from prototypenas.deployment.toolchain import build_host, run_emulated, run_host
from prototypenas.types import Execution
from tests.deployment.candidates import CANDIDATES, POOLS, Linker, check_everywhere, check_format, random_candidate

LAYER_BY_LAYER = 3
"""Candidates of each pool that are run layer by layer too; the others only row by row."""

EVERYWHERE = [
    (seed, pool, execution.value)
    for seed, pool, execution in product(range(CANDIDATES), POOLS, Execution)
    if execution is not Execution.LAYERS or seed < LAYER_BY_LAYER
]

drawn = lru_cache(maxsize=1)(random_candidate)

pytestmark = pytest.mark.emulator


@pytest.fixture(scope="module")
def linker(tmp_path_factory):
    return Linker(tmp_path_factory.mktemp("objects"))


@pytest.mark.parametrize("execution", [Execution.AUTO, Execution.ROWS], ids=["whole input", "rows handed in"])
@pytest.mark.parametrize("pool", POOLS)
def test_a_candidate_is_the_same_everywhere(pool, execution, linker, tmp_path):
    candidate = random_candidate(pool, 1).run_as(execution)
    assert candidate.plan.segments
    check_everywhere(candidate, tmp_path, linker, optimizations=["-O2"], full=False)


@pytest.mark.slow
@pytest.mark.parametrize("core", ["cortex-m0plus", "cortex-m3", "cortex-m55"])
@pytest.mark.parametrize("pool", POOLS)
def test_candidates_are_the_same_without_pairs_and_with_vectors(pool, core, linker, tmp_path):
    for seed in range(2):
        candidate = random_candidate(pool, seed, weight_limit=100_000).run_as(Execution.AUTO)
        elf = linker.elf(candidate.write(tmp_path / str(seed)), core, "-O2")
        found = run_emulated(elf, core, candidate.inputs).outputs
        np.testing.assert_array_equal(found, candidate.expected, f"{candidate.architecture} {core}")


@pytest.mark.parametrize("pool", POOLS)
def test_clang_agrees_without_a_warning_and_the_c_is_formatted(pool, tmp_path):
    if shutil.which("clang") is None:
        pytest.skip("clang is not installed")
    candidate = random_candidate(pool, 1)
    project = candidate.write(tmp_path)
    found = run_host(build_host(project, compiler="clang"), candidate.inputs)
    np.testing.assert_array_equal(found, candidate.expected)
    check_format(project)


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "pool", "execution"), EVERYWHERE)
def test_candidates_are_the_same_everywhere_at_every_optimization(pool, seed, execution, linker, tmp_path):
    candidate = drawn(pool, 100 + seed).run_as(Execution(execution))
    check_everywhere(candidate, tmp_path, linker)
    # Where rows are handed in because that was asked for, rings may take more than whole tensors would.
    assert candidate.plan.streamed_input or candidate.plan.arena_bytes <= candidate.plan.live_bound_bytes
