"""`model_card.md`: what a delivered network takes, gives and needs, and how far that was proven, on one page."""

from collections.abc import Iterator
from pathlib import Path

from prototypenas.costing.memory_plan import MemoryPlan
from prototypenas.graph.graph import IntegerGraph
from prototypenas.graph.tensors import TensorSpec
from prototypenas.runs.atomic_files import write_text
from prototypenas.types import Cost, Preparation, Target

CARD = "model_card.md"


def write_model_card(
    directory: Path,
    graph: IntegerGraph,
    plan: MemoryPlan,
    cost: Cost,
    target: Target,
    *,
    name: str,
    findings: dict[str, str],
    preparation: Preparation | None = None,
) -> None:
    """Write the card; `findings` are what was measured, by what it is called."""
    footprint = cost.footprint
    facts = {
        "Size": f"{len(graph.operators)} layers, {cost.parameters:,} parameters, {cost.macs:,} multiply-accumulates",
        "Microcontroller": f"{target.name} ({target.core})",
        "RAM": f"{footprint.ram_bytes:,} bytes, stack included",
        "ROM": f"{footprint.rom_bytes:,} bytes, code included",
        "Run": _run(plan),
    }
    lines = [f"# {name}", "", "An int8 neural network as C99 (`c/` or this folder) and ONNX.", "", *_table(facts), ""]
    lines += ["## Takes", "", *_takes(graph, preparation), "", "## Gives", "", *_gives(graph, preparation), ""]
    lines += ["## Measured", "", *_table(findings or {"Nothing": "no tools here"}), ""]
    lines += [
        "Scores hold for samples like those of the test set. Nothing is known of others: the network gives an answer",
        "for any input, noise included, and its scores are not probabilities of being right.",
    ]
    write_text(directory / CARD, "\n".join(lines) + "\n")


def _run(plan: MemoryPlan) -> str:
    layers = sum(segment.layers for segment in plan.segments)
    way = f"{layers} layers row by row, the others layer by layer" if layers else "layer by layer"
    if not plan.streamed_input:
        return way
    return f"the input is handed in row by row{' and collected' if plan.collects_input else ''}; {way}"


def _table(facts: dict[str, str]) -> list[str]:
    return ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in facts.items())]


def _takes(graph: IntegerGraph, preparation: Preparation | None) -> Iterator[str]:
    spec = graph.tensors[graph.input]
    yield f"{_shape(spec)} (height, width, channels) of int8; {_meaning(spec)}."
    if preparation is None:
        yield "`real` is the network's input as its training had it."
        return
    kind = "pixels of 0 to 255" if preparation.pixels else "samples as the data set holds them"
    mean, deviation = (
        ", ".join(f"{value:g}" for value in values) for values in (preparation.mean, preparation.deviation)
    )
    yield f"`real` is made of {kind}, channels in the order of training: (sample - mean) / deviation, mean {mean},"
    yield f"deviation {deviation}. `model_io.h` does it."


def _gives(graph: IntegerGraph, preparation: Preparation | None) -> Iterator[str]:
    for output in graph.outputs:
        spec = graph.tensors[output]
        yield f"- {_shape(spec)} of int8; {_meaning(spec)}"
    if preparation is not None and preparation.classes:
        yield ""
        yield f"Classes in order: {', '.join(preparation.classes)}."


def _shape(spec: TensorSpec) -> str:
    return f"{spec.height}x{spec.width}x{spec.channels}"


def _meaning(spec: TensorSpec) -> str:
    found = spec.known_quantization
    return f"real = {found.scale:.6g} * (int8 - ({found.zero_point}))"
