"""What came of compiling and running the C: sizes, instructions, and what could not be done here."""

from collections.abc import Sequence
from itertools import chain, repeat

from prototypenas.reporting.report_data import ModelResult
from prototypenas.reporting.table import ABSENT, Table


def sizes_table(models: Sequence[ModelResult]) -> Table:
    """Planned bytes beside those found in the linked files."""
    rows = tuple(
        (
            str(model.candidate.number),
            row.part,
            f"{row.planned_bytes:,}",
            f"{row.measured_bytes:,}",
            f"{row.measured_bytes - row.planned_bytes:+,}",
        )
        for model in models
        for row in model.sizes
    )
    return Table(("Trial", "Part", "Planned [bytes]", "Linked [bytes]", "Difference"), rows, names=2)


def emulation_table(models: Sequence[ModelResult]) -> Table:
    """How each model did on the emulated core, and in how many instructions; those are not cycles."""
    headers = ("Trial", "Samples emulated", "Right among them [%]", "Instructions an inference", "Instructions a MAC")
    rows = []
    for model in models:
        done = model.delivery
        if done is not None and done.instructions is not None:
            score = ABSENT if done.emulated_score is None else f"{100 * done.emulated_score:.2f}"
            each = f"{done.instructions / model.candidate.cost.macs:.2f}"
            counted = (f"{done.emulated_samples:,}", score, f"{done.instructions:,}", each)
            rows.append((str(model.candidate.number), *counted))
    return Table(headers, tuple(rows))


def instruction_table(model: ModelResult) -> Table:
    """Instructions of each layer on the emulated core; a concatenation has a row for each input it copies."""
    headers = ("Layer", "Operator", "MMACs", "Instructions", "Instructions a MAC")
    if model.delivery is None or model.graph is None or model.plan is None:
        return Table(headers, (), names=2)
    from prototypenas.costing.kernel_properties import descriptor_count  # noqa: PLC0415  (PyTorch comes with it)

    in_place = model.plan.written_in_place
    layers = chain.from_iterable(
        repeat(operator, descriptor_count(operator, model.graph.tensors, in_place))
        for operator in model.graph.operators
    )
    rows = []
    for operator, instructions in zip(layers, model.delivery.layer_instructions, strict=False):
        count = operator.macs(model.graph.tensors)
        each = f"{instructions / count:.2f}" if count else ABSENT
        rows.append((operator.name, type(operator).__name__, f"{count / 1e6:.3f}", f"{instructions:,}", each))
    return Table(headers, tuple(rows), names=2)


def delivery_notes(models: Sequence[ModelResult]) -> tuple[str, ...]:
    """What could not be done, and what brings it; said once for all models."""
    deliveries = (model.delivery for model in models if model.delivery is not None)
    return tuple(dict.fromkeys(chain.from_iterable(delivery.notes for delivery in deliveries)))
