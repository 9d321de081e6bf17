"""The firmware that measures a board meets every kernel, and what it prints is a latency table."""

import shutil
from dataclasses import replace

import pytest

from prototypenas.costing.cores import core_named
from prototypenas.costing.latency_table import read_latency_table
from prototypenas.costing.targets import load_targets
from prototypenas.deployment.board_bench import write_board_bench
from prototypenas.deployment.toolchain import build_arm, build_host, run_program
from prototypenas.errors import ConfigurationError
from prototypenas.graph.operators import KERNELS

SUMMING = {"nn_global_pool"}
"""Runs only where rows are handed on; its layers are measured as means over maps."""


def test_every_kernel_is_measured_and_small_boards_are_refused(tmp_path):
    write_board_bench(load_targets()["rp2040"], tmp_path)
    assert (tmp_path / "bench.c").exists()
    text = run_program([str(build_host(tmp_path))], directory=tmp_path)
    assert text.startswith("class ")
    run_program(["make", "bench"], directory=tmp_path)
    (tmp_path / "table.csv").write_text(run_program([str(tmp_path / "build" / "bench")], directory=tmp_path))
    name, measured = read_latency_table(tmp_path / "table.csv")
    assert name == "rp2040"
    assert {rates.kernel for rates in measured.kernels} == set(KERNELS) - SUMMING
    with pytest.raises(ConfigurationError, match="bytes of RAM; rp2040 has 9"):
        write_board_bench(replace(load_targets()["rp2040"], ram_bytes=9), tmp_path / "small")


@pytest.mark.emulator
@pytest.mark.parametrize("core", ["cortex-m0plus", "cortex-m7"])
def test_a_core_prints_a_table_in_which_time_follows_work(core, tmp_path):
    """The emulator has no cycle counter: SysTick counts 1.6 of its ticks an instruction."""
    write_board_bench(replace(load_targets()["rp2040"], core=core), tmp_path)
    shutil.copy(tmp_path / "bench.c", tmp_path / "main.c")
    elf = build_arm(tmp_path, core, flags=["-DBENCH_MAIN"])
    command = ["qemu-system-arm", "-M", str(core_named(core).machine), "-nographic", "-monitor", "none"]
    command += ["-serial", "none", "-semihosting-config", "enable=on,target=native", "-icount", "shift=6"]
    text = run_program([*command, "-kernel", str(elf)], directory=tmp_path)
    (tmp_path / "table.csv").write_text(text)
    _, measured = read_latency_table(tmp_path / "table.csv")
    rates = {found.kernel: found for found in measured.kernels}
    low, high = (8, 14) if core == "cortex-m0plus" else (1.5, 4)
    assert low < rates["nn_convolution"].per_mac < high
    assert measured.relative_error < 0.3
