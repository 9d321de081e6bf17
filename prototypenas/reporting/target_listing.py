"""The table of all targets; apart from the other listings, for it needs no PyTorch."""

from collections.abc import Mapping

from prototypenas.reporting.table import ABSENT, Table
from prototypenas.types import Target


def target_table(targets: Mapping[str, Target]) -> Table:
    """What a search may use of each target by default, of what there is."""
    headers = ("Target", "Core", "MHz", "RAM [KiB]", "ROM [KiB]", "MFLOPs", "What it is")
    rows = tuple(
        (
            name,
            target.core,
            f"{target.clock_hz / 1e6:.0f}",
            f"{kib(target.budget.ram_bytes)} of {kib(target.ram_bytes)}",
            f"{kib(target.budget.rom_bytes)} of {kib(target.rom_bytes)}",
            ABSENT if target.budget.flops is None else f"{target.budget.flops / 1e6:.0f}",
            target.description,
        )
        for name, target in targets.items()
    )
    return Table(headers, rows, names=2)


def kib(size: int | None) -> str:
    """Return a size in KiB, as it is printed."""
    return ABSENT if size is None else f"{size / 1024:,.0f}"
