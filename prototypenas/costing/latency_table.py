"""Cycles that a user measured on a board of their own, as the firmware `bench.c` of a delivered project prints them.

A table is text. Its first line names the target, `# target rp2040`; then one line a layer, `layer,kernel,macs,outputs,
cycles`. Tables of several networks may follow each other in one file. For each kernel `cycles = a * macs + b * outputs`
is fitted by non-negative least squares on the relative error.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.optimize import nnls

from prototypenas.choices import choose
from prototypenas.costing.measured_cycles import KernelCycles, MeasuredCycles
from prototypenas.errors import ConfigurationError
from prototypenas.graph.operators import KERNELS
from prototypenas.types import Target

COLUMNS = ("layer", "kernel", "macs", "outputs", "cycles")


class Row(NamedTuple):
    """One layer as it was measured."""

    kernel: str
    macs: int
    outputs: int
    cycles: int


def read_latency_table(path: Path) -> tuple[str, MeasuredCycles]:
    """Return the target that a table was measured on, and what it says.

    Raises:
        ConfigurationError: if the file cannot be read, names no target or two, or holds a line of another form.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} is no latency table: {error}") from error
    targets = {found[1] for line in lines if (found := re.fullmatch(r"# target (\S+)\s*", line))}
    if len(targets) != 1:
        raise ConfigurationError(f"{path} names {len(targets)} targets; a latency table has one line `# target NAME`")
    rows = [_row(line.strip(), f"{path}, line {number}") for number, line in enumerate(lines, 1) if _is_row(line)]
    if not rows:
        raise ConfigurationError(f"{path} holds no layer; wanted are lines {','.join(COLUMNS)}")
    return targets.pop(), fitted(rows, f"{len(rows)} layers measured on the board, {path.name}")


def fitted(rows: Sequence[Row], source: str) -> MeasuredCycles:
    """Return the rates of each kernel, and the mean error of a layer of the table."""
    kernels = sorted({row.kernel for row in rows})
    rates = tuple(_rates(kernel, [row for row in rows if row.kernel == kernel]) for kernel in kernels)
    measured = MeasuredCycles(rates, 0.0, source)
    errors = [abs(measured.cycles(row.kernel, row.macs, row.outputs) / row.cycles - 1.0) for row in rows]
    return MeasuredCycles(rates, float(np.mean(errors)), source)


def _rates(kernel: str, rows: Sequence[Row]) -> KernelCycles:
    cycles = np.array([row.cycles for row in rows], np.float64)
    counts = np.array([(row.macs, row.outputs) for row in rows], np.float64)
    (per_mac, per_output), _ = nnls(counts / cycles[:, None], np.ones(len(rows)))
    return KernelCycles(kernel, float(per_mac), float(per_output))


def _is_row(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#") and line.strip() != ",".join(COLUMNS)


def _row(line: str, where: str) -> Row:
    fields = line.split(",")
    if len(fields) != len(COLUMNS) or not all(re.fullmatch(r"\d+", number) for number in fields[2:]):
        raise ConfigurationError(f"{where}: {line!r}; wanted is {','.join(COLUMNS)}, the last three whole numbers")
    _, kernel, macs, outputs, cycles = fields
    if kernel not in KERNELS:
        raise ConfigurationError(f"{where}: no kernel {kernel!r}; there are {', '.join(KERNELS)}")
    if int(cycles) == 0 or int(outputs) == 0:
        raise ConfigurationError(f"{where}: {line!r}; a layer has outputs and takes cycles: did the counter run?")
    return Row(kernel, int(macs), int(outputs), int(cycles))


def with_latency_tables(targets: Mapping[str, Target], files: Sequence[Path]) -> dict[str, Target]:
    """Return targets, those that a table was measured on with its cycles; a later file wins.

    Raises:
        ConfigurationError: as `read_latency_table`, or if no target has a table's name.
    """
    known = dict(targets)
    for file in files:
        name, measured = read_latency_table(file)
        known[name] = replace(choose("target", name, known), measured_cycles=measured)
    return known
