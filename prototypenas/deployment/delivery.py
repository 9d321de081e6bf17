"""A trained model handed over as C and ONNX, with the proof that the C does what the simulator does."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prototypenas.compression.simulator import output_maps, quantize_input, simulate_rows
from prototypenas.costing.detection_cost import detection_table_bytes
from prototypenas.costing.footprint import check_fits, cost_of
from prototypenas.costing.memory_plan import plan_memory
from prototypenas.deployment.c_project import write_c_project
from prototypenas.deployment.front_end import write_front_end
from prototypenas.deployment.model_card import write_model_card
from prototypenas.deployment.onnx_form import OnnxForm
from prototypenas.deployment.onnx_writer import write_onnx
from prototypenas.deployment.toolchain import (
    build_arm,
    build_host,
    elf_sizes,
    run_emulated,
    run_host,
    toolchain_gap,
)
from prototypenas.detection.decode import DEPLOYED, decoder_for
from prototypenas.detection.head import HEAD, DetectionHead, read_head
from prototypenas.detection.suppression import record_bytes
from prototypenas.errors import RunDirectoryError, ToolchainError
from prototypenas.graph.graph import IntegerGraph
from prototypenas.graph.graph_file import GRAPH, load_graph
from prototypenas.protocols import Evaluator
from prototypenas.runs.atomic_files import write_json
from prototypenas.runs.delivery_record import C_PROJECT, DELIVERY, Delivery, read_delivery
from prototypenas.sound import WithFrontEnd
from prototypenas.types import Target

ONNX = "model_int8.onnx"
FRONT_END = "c/front_end"
"""Sound into the model's input; only for models that hear."""

BATCH = 256
EMULATED_MACS = 2_000_000_000
"""Multiply-accumulates that an emulator is given at most: about ten seconds."""


@dataclass(frozen=True)
class _Expected:
    """The test set as the C reads it, and what it has to give."""

    inputs: NDArray[np.int8]
    outputs: NDArray[np.int8]
    records: NDArray[np.int8]
    """Boxes of a detector as bytes, zeros after the last; of no width for other networks."""

    def first(self, count: int) -> "_Expected":
        return _Expected(self.inputs[:count], self.outputs[:count], self.records[:count])


def deliver(
    directory: Path,
    evaluator: Evaluator,
    target: Target,
    *,
    name: str,
    emulate: bool,
    out: Path | None = None,
    onnx: OnnxForm = OnnxForm.BATCH,
) -> Delivery:
    """Write C and ONNX of the model in a folder, compile and run the C, and measure it; read back if done before.

    They are written beside the model, or into the folder `out`, as for a target other than it was searched for.

    Raises:
        RunDirectoryError: if the model is not trained yet.
        ConfigurationError: if the target's memory cannot hold the model.
        ToolchainError: if the C does not compile, differs from the simulator or from its plan in any byte, or
            `emulate` is set and a tool is missing.
    """
    if out is None and (directory / DELIVERY).exists():
        done = read_delivery(directory)
        if done.instructions is not None or not emulate:
            return done
    if not (directory / GRAPH).exists():
        raise RunDirectoryError(f"{directory} holds no trained model; run `prototypenas evaluate` first")
    graph = load_graph(directory / GRAPH)
    plan = plan_memory(graph, target.execution)
    head = read_head(directory / HEAD) if (directory / HEAD).exists() else None
    check_fits(cost_of(graph, target, plan, detects=head is not None), target)
    expected = _expected(graph, evaluator, head)
    place = directory if out is None else out
    project = place / C_PROJECT
    known = evaluator.preparation
    sample = expected.inputs[0]
    write_c_project(graph, plan, project, name=name, target=target, sample=sample, head=head, preparation=known)
    write_onnx(graph, place / ONNX, known, form=onnx)
    if isinstance(evaluator, WithFrontEnd) and evaluator.front_end is not None:
        found = graph.tensors[graph.input].known_quantization
        write_front_end(evaluator.front_end, place / FRONT_END, scale=found.scale, zero_point=found.zero_point)
    # The C gives the simulator's outputs byte by byte, or nothing is delivered: their score is the C's.
    delivery = _on_host(project, expected, evaluator.score(graph, expected.outputs))
    delivery = _linked(delivery, project, graph, target, head=head)
    if emulate:
        delivery = _emulated(delivery, project, graph, target, expected, evaluator=evaluator)
    cost = cost_of(graph, target, plan, detects=head is not None)
    findings = _findings(delivery)
    write_model_card(place, graph, plan, cost, target, name=name, findings=findings, preparation=known)
    write_json(place / DELIVERY, asdict(delivery))
    return delivery


def _findings(delivery: Delivery) -> dict[str, str]:
    found = {}
    if delivery.c_score is not None:
        found["Score of the C"] = f"{delivery.c_score:.4f} on all {delivery.test_samples} test samples, compiled here"
    if delivery.measured_bytes:
        found["Linked"] = ", ".join(f"{name} {size:,} bytes" for name, size in delivery.measured_bytes.items())
    if delivery.instructions is not None:
        found["Emulated"] = f"{delivery.instructions:,} instructions an inference, which are not cycles"
    return found | {f"Note {number}": note for number, note in enumerate(delivery.notes, start=1)}


def _expected(graph: IntegerGraph, evaluator: Evaluator, head: DetectionHead | None) -> _Expected:
    inputs = [quantize_input(graph, batch) for batch in evaluator.test_batches(BATCH)]
    outputs = np.concatenate([simulate_rows(graph, batch) for batch in inputs])
    if head is None:
        records = np.zeros((len(outputs), 0), np.int8)
    else:
        records = record_bytes(decoder_for(head, graph), output_maps(graph, outputs), DEPLOYED)
    return _Expected(np.concatenate(inputs), outputs, records)


def _on_host(project: Path, expected: _Expected, score: float) -> Delivery:
    gap = toolchain_gap("cc")
    if gap:
        return Delivery(None, notes=(f"the C was not compiled: {gap}",))
    # Vectors take a third of the time over a whole test set.
    outputs = run_host(build_host(project, optimization="-O3"), expected.inputs)
    _check_equal(outputs, expected, "the C on this machine")
    return Delivery(score, test_samples=len(outputs))


def _linked(
    delivery: Delivery, project: Path, graph: IntegerGraph, target: Target, *, head: DetectionHead | None
) -> Delivery:
    parts = cost_of(graph, target, detects=head is not None).footprint
    constants = parts.weights_bytes + parts.biases_bytes + parts.requantization_bytes + parts.descriptors_bytes
    arena = parts.activations_bytes + parts.scratch_bytes + parts.detection_ram_bytes
    if head is not None:
        constants += detection_table_bytes(len(head.levels), sum(len(level.anchors) for level in head.levels))
    delivery = replace(delivery, planned_bytes={"constants": constants, "arena": arena})
    gap = toolchain_gap("arm-none-eabi-gcc", target.core)
    if gap:
        return replace(delivery, notes=(*delivery.notes, f"the ELF was not measured: {gap}"))
    sizes = elf_sizes(build_arm(project, target.core, on_board=False))
    measured = {"constants": sizes.model_rom, "arena": sizes.model_ram}
    if measured != delivery.planned_bytes:
        raise ToolchainError(f"planned {delivery.planned_bytes} bytes, linked {measured}: the plan is wrong")
    return replace(delivery, measured_bytes=measured)


def _emulated(
    delivery: Delivery, project: Path, graph: IntegerGraph, target: Target, expected: _Expected, *, evaluator: Evaluator
) -> Delivery:
    gap = toolchain_gap("arm-none-eabi-gcc", target.core)
    if gap:
        raise ToolchainError(f"nothing to emulate: {gap}")
    cost = cost_of(graph, target)
    count = max(1, min(len(expected.inputs), EMULATED_MACS // max(cost.macs, 1)))
    some = expected.first(count)
    emulated = run_emulated(build_arm(project, target.core), target.core, some.inputs)
    _check_equal(emulated.outputs, some, f"the C on an emulated {target.core}")
    return replace(
        delivery,
        emulated_score=evaluator.score(graph, some.outputs),
        emulated_samples=count,
        instructions=emulated.instructions,
        layer_instructions=emulated.layer_instructions,
    )


def _check_equal(outputs: NDArray[np.int8], expected: _Expected, what: str) -> None:
    wanted = np.concatenate([expected.outputs, expected.records], axis=1)
    if outputs.shape != wanted.shape:
        raise ToolchainError(f"{what} gives {outputs.shape} bytes; the simulator {wanted.shape}")
    differing = int((outputs != wanted).any(axis=1).sum())
    if differing:
        raise ToolchainError(f"{what} differs from the simulator on {differing} of {len(outputs)} test samples")
