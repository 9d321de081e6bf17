"""The integer network in numpy arrays, element for element what the C computes."""

from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from prototypenas.compression.integer_execution import IntegerExecution
from prototypenas.errors import QuantizationError
from prototypenas.graph.graph import IntegerGraph
from prototypenas.graph.tensors import INT8_MAX, INT8_MIN
from prototypenas.types import InputShape
from prototypenas.workers.threads import in_threads

Map = NDArray[np.int8]

LIVE_BYTES = 2**20
"""About what the largest tensor of the samples worked on together takes; its patches take ten to forty times that."""


def simulate(graph: IntegerGraph, inputs: Map, *, every_layer: bool = False) -> dict[str, Map]:
    """Return the graph's outputs `(N, H, W, C)` by tensor name, or every tensor's, for int8 inputs `(N, H, W, C)`.

    Raises:
        QuantizationError: if the graph is not at the integer stage, or the inputs have another shape or type.
    """
    _check_inputs(graph, inputs)
    execution = IntegerExecution(graph, "cpu")
    keep = tuple(graph.tensors) if every_layer else graph.outputs
    together = max(1, LIVE_BYTES // max(spec.elements for spec in graph.tensors.values()))

    def run(start: int) -> dict[str, Map]:
        batch = torch.from_numpy(np.ascontiguousarray(inputs[start : start + together].transpose(0, 3, 1, 2)))
        found = execution.run(batch, keep=keep)
        return {name: found[name].numpy().transpose(0, 2, 3, 1) for name in keep}

    specs = [graph.tensors[name] for name in keep]
    parts = [{spec.name: np.zeros((0, spec.height, spec.width, spec.channels), np.int8) for spec in specs}]
    jobs = [partial(run, start) for start in range(0, len(inputs), together)]
    parts += in_threads(jobs, at_once=torch.get_num_threads())
    return {name: np.concatenate([part[name] for part in parts]) for name in keep}


def quantize_input(graph: IntegerGraph, inputs: NDArray[np.float32]) -> Map:
    """Return float inputs `(N, C, H, W)` or `(N, C, T)` as the graph's int8 input `(N, H, W, C)`.

    As ONNX's QuantizeLinear: float32 division, rounding half to even, saturating.
    """
    found = graph.tensors[graph.input].known_quantization
    scaled = np.rint(np.asarray(inputs, np.float32) / np.float32(found.scale)) + found.zero_point
    narrow = np.clip(scaled, INT8_MIN, INT8_MAX).astype(np.int8)
    return np.ascontiguousarray(_as_map(narrow, graph.input_shape).transpose(0, 2, 3, 1))


def dequantize(graph: IntegerGraph, tensor: str, values: Map) -> NDArray[np.float32]:
    """Return one tensor's int8 values as real numbers, in the same layout."""
    found = graph.tensors[tensor].known_quantization
    return (values.astype(np.float32) - np.float32(found.zero_point)) * np.float32(found.scale)


def dequantize_output(graph: IntegerGraph, outputs: dict[str, Map]) -> tuple[NDArray[np.float32], ...]:
    """Return the outputs as real numbers in the shape the PyTorch module gives them: logits `(N, num_classes)`."""
    return tuple(_as_module_output(dequantize(graph, name, outputs[name]), graph) for name in graph.outputs)


def simulate_rows(graph: IntegerGraph, inputs: Map) -> NDArray[np.int8]:
    """Return all outputs of each int8 input one after the other, as the C writes them: `(N, output bytes)`."""
    simulated = simulate(graph, inputs)
    return np.concatenate([simulated[name].reshape(len(inputs), -1) for name in graph.outputs], axis=1)


def dequantize_outputs(graph: IntegerGraph, rows: NDArray[np.int8]) -> tuple[NDArray[np.float32], ...]:
    """Return rows of `simulate_rows`, or of the C, as `dequantize_output` does."""
    return dequantize_output(graph, output_maps(graph, rows))


def output_maps(graph: IntegerGraph, rows: NDArray[np.int8]) -> dict[str, Map]:
    """Part rows `(N, output bytes)` into the graph's outputs `(N, H, W, C)` by tensor name.

    Raises:
        QuantizationError: if a row has another number of bytes than the graph's outputs together.
    """
    specs = [graph.tensors[name] for name in graph.outputs]
    ends = np.cumsum([spec.elements for spec in specs])
    if rows.ndim != 2 or rows.shape[1] != ends[-1]:
        raise QuantizationError(f"outputs are {rows.shape}; the graph gives (N, {ends[-1]})")
    parts = np.split(rows, ends[:-1], axis=1)
    return {
        spec.name: part.reshape(len(rows), spec.height, spec.width, spec.channels)
        for spec, part in zip(specs, parts, strict=True)
    }


def simulated_logits(graph: IntegerGraph, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the first output for float inputs as the network takes them: quantize, simulate, dequantize."""
    return dequantize_output(graph, simulate(graph, quantize_input(graph, inputs)))[0]


def _check_inputs(graph: IntegerGraph, inputs: Map) -> None:
    spec = graph.tensors[graph.input]
    wanted = (spec.height, spec.width, spec.channels)
    if inputs.dtype != np.int8 or inputs.shape[1:] != wanted:
        raise QuantizationError(f"inputs are {inputs.dtype} {inputs.shape}; the graph wants int8 (N, {wanted})")


def _as_map(values: Map, input_shape: InputShape) -> Map:
    if values.shape[1:] != tuple(input_shape):
        raise QuantizationError(f"inputs are {values.shape}; the graph wants (N, {input_shape})")
    if len(input_shape) == 2:
        return values[:, :, None, :]
    return values if len(input_shape) == 3 else values.reshape(len(values), -1, 1, 1)


def _as_module_output(values: NDArray[np.float32], graph: IntegerGraph) -> NDArray[np.float32]:
    if len(graph.outputs) == 1 and values.shape[1:3] == (1, 1):
        return values[:, 0, 0]
    channels_first = values.transpose(0, 3, 1, 2)
    return channels_first[:, :, 0] if len(graph.input_shape) == 2 else channels_first
