"""Tables that the command line prints of targets, architectures and measured networks."""

from collections.abc import Iterable, Iterator

from prototypenas.compression.layer_noise import LayerNoise
from prototypenas.costing.measurement import Measurement
from prototypenas.costing.memory_plan import PlanRow
from prototypenas.costing.row_layers import is_series, rows_and_bytes
from prototypenas.graph.graph import Graph
from prototypenas.reporting.architecture_table import ArchitectureRow
from prototypenas.reporting.table import ABSENT, Table
from prototypenas.types import Footprint, Target


def block_table(rows: Iterable[ArchitectureRow]) -> Table:
    """The superblocks of one configuration."""
    headers = ("Part", "Block", "Kernel", "Stride", "Channels", "Kept", "Map", "MMACs", "RAM [bytes]")
    return Table(
        headers,
        tuple(
            (
                row.part,
                *(ABSENT if value is None else str(value) for value in (row.block, row.kernel, row.stride)),
                str(row.channels),
                str(row.kept),
                f"{row.size[0]}x{row.size[1]}",
                f"{row.macs / 1e6:.3f}",
                f"{row.ram_bytes:,}",
            )
            for row in rows
        ),
    )


def measurement_table(measured: Measurement, target: Target) -> Table:
    """What a network costs on a target, part by part, and by how much it fits."""
    return Table((f"On {target.name}", "", "Budget"), tuple(_measured_rows(measured, target)))


def layer_table(measured: Measurement) -> Table:
    """Every operator of a network."""
    headers = ("Layer", "Operator", "Output", "MMACs", "Parameters", "Live [bytes]", "Latency [ms, estimate]")
    return Table(
        headers,
        tuple(
            (
                row.name,
                row.kind,
                "x".join(str(size) for size in row.output_shape),
                f"{row.macs / 1e6:.3f}",
                f"{row.parameters:,}",
                f"{row.live_bytes:,}",
                ABSENT if row.latency_ms is None else f"{row.latency_ms:.3f}",
            )
            for row in measured.layers
        ),
        names=2,
    )


def noise_table(noise: Iterable[LayerNoise]) -> Table:
    """Signal-to-noise ratio of every layer in int8: with all noise before it, and of its own; the lowest own hurts."""
    return Table(
        ("Layer", "SNR [dB]", "Own SNR [dB]", "At the upper end [%]"),
        tuple(
            (layer.operator, f"{layer.snr_db:.1f}", f"{layer.own_snr_db:.1f}", f"{100 * layer.saturated_share:.2f}")
            for layer in noise
        ),
    )


def plan_table(measured: Measurement) -> Table:
    """Where every tensor lies in the arena, and between which operators."""
    headers = ("Tensor", "Offset", "Bytes", "Rows kept", "Bytes a pixel step", "First operator", "Last operator")
    graph, plan = measured.graph, measured.plan
    return Table(
        headers,
        tuple(
            (
                row.tensor,
                f"{row.offset:,}",
                f"{row.size:,}",
                rows_kept(graph, row),
                f"{row.pixel_stride:,}",
                f"{row.first:,}",
                f"{row.last:,}",
            )
            for row in plan.rows(graph)
        ),
    )


def rows_kept(graph: Graph, row: PlanRow) -> str:
    """Say how many rows of a tensor are kept at a time; those of a series are its time steps."""
    rows, _ = rows_and_bytes(graph.tensors[row.tensor], series=is_series(graph))
    return f"all {rows}" if row.ring_rows is None else f"{row.ring_rows} of {rows}"


def _measured_rows(measured: Measurement, target: Target) -> Iterator[tuple[str, str, str]]:
    cost, budget = measured.cost, target.budget
    yield "MMACs", f"{cost.macs / 1e6:.3f}", ""
    yield "MFLOPs", f"{cost.flops / 1e6:.3f}", _limit(budget.flops, cost.flops)
    yield "parameters", f"{cost.parameters:,}", ""
    yield "RAM [bytes]", f"{cost.footprint.ram_bytes:,}", _limit(budget.ram_bytes, cost.footprint.ram_bytes)
    yield "ROM [bytes]", f"{cost.footprint.rom_bytes:,}", _limit(budget.rom_bytes, cost.footprint.rom_bytes)
    for part in Footprint.__dataclass_fields__:
        yield f"  {part.removesuffix('_bytes')}", f"{getattr(cost.footprint, part):,}", ""
    plan = measured.plan
    above = plan.arena_bytes / plan.lower_bound_bytes - 1
    yield "arena above its lower bound", f"{above:.1%}", ""
    by_rows = sum(segment.end - segment.first for segment in plan.segments)
    yield "operators run row by row", f"{by_rows} of {len(measured.graph.operators)}", ""
    yield "arena without overlap [bytes]", f"{plan.live_bound_bytes:,}", ""
    if measured.latency is None:
        yield "latency", ABSENT, f"{target.core}: no published timing; pass --latency-table"
        return
    yield "latency [ms, estimate]", f"{measured.latency.latency_ms:.1f}", ""
    if measured.latency.energy_mj is not None:
        yield "energy [mJ, estimate]", f"{measured.latency.energy_mj:.2f}", ""
    yield "mean error of the estimate", f"{measured.latency.relative_error:.0%}", ""


def _limit(limit: int | None, used: int) -> str:
    if limit is None:
        return "unlimited"
    return f"{limit:,} {'fits' if used <= limit else 'BROKEN'}"
