"""A graph at its integer stage in one `.npz` file: its structure as JSON, its arrays beside it, no pickle."""

import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from prototypenas.errors import RunDirectoryError
from prototypenas.graph.graph import IntegerGraph
from prototypenas.graph.operator import Operator
from prototypenas.graph.operators import OPERATORS
from prototypenas.graph.tensors import (
    Activation,
    AddArithmetic,
    IntegerWeights,
    LookupTable,
    ProductArithmetic,
    Quantization,
    Rescale,
    TensorSpec,
    Window,
)
from prototypenas.runs.atomic_files import written_whole

GRAPH = "graph_int8.npz"
"""Name of the file in a model's folder, as the evaluator leaves it."""

FORMAT = 2
STRUCTURE = "structure"
ADVICE = "remove it and metrics.json beside it to quantize this model again"

PARTS: Mapping[str, type] = {
    kind.__name__: kind for kind in (IntegerWeights, Window, AddArithmetic, ProductArithmetic, LookupTable, Rescale)
}
"""What an operator's fields may hold beside plain values, by name."""

Json = dict[str, Any]
Arrays = dict[str, NDArray[np.generic]]


def save_graph(graph: IntegerGraph, path: Path) -> None:
    """Write the graph; a file already there is replaced only once the new one is whole."""
    arrays: Arrays = {}
    operators = [_encode_operator(operator, f"{index}/", arrays) for index, operator in enumerate(graph.operators)]
    structure = {
        "format": FORMAT,
        "input_shape": list(graph.input_shape),
        "tensors": [_encode_tensor(spec) for spec in graph.tensors.values()],
        "operators": operators,
        "input": graph.input,
        "outputs": list(graph.outputs),
        "notes": list(graph.notes),
    }
    arrays[STRUCTURE] = np.frombuffer(json.dumps(structure).encode(), np.uint8)
    with written_whole(path) as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def load_graph(path: Path) -> IntegerGraph:
    """Read a graph that `save_graph` wrote.

    Raises:
        RunDirectoryError: if the file is missing, damaged or no graph of this version.
    """
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays: Arrays = {name: file[name] for name in file.files}
        structure = json.loads(arrays[STRUCTURE].tobytes())
        if structure["format"] != FORMAT:
            raise RunDirectoryError(f"{path} has graph format {structure['format']}; this version reads {FORMAT}")
        return _decode(structure, arrays)
    except (OSError, EOFError, ValueError, LookupError, TypeError, RuntimeError) as error:
        raise RunDirectoryError(f"{path} is no readable graph file ({error!r}); {ADVICE}") from error
    except (zipfile.BadZipFile, zlib.error) as error:
        raise RunDirectoryError(f"{path} is damaged ({error}); {ADVICE}") from error


def _encode_tensor(spec: TensorSpec) -> list[object]:
    found = spec.known_quantization
    return [spec.name, spec.height, spec.width, spec.channels, [found.scale, found.zero_point]]


def _encode_operator(operator: Operator, prefix: str, arrays: Arrays) -> Json:
    encoded: Json = {"kind": type(operator).__name__}
    for item in fields(operator):
        encoded[item.name] = _encode_value(getattr(operator, item.name), f"{prefix}{item.name}/", arrays)
    return encoded


def _encode_value(value: object, prefix: str, arrays: Arrays) -> object:
    match value:
        case Activation():
            return value.value
        case tuple():
            return list(value)
        case _ if type(value).__name__ in PARTS:
            return _encode_part(value, prefix, arrays)
        case _:
            return value


def _encode_part(part: Any, prefix: str, arrays: Arrays) -> Json:
    """Return a part's plain fields and what it is; its arrays go into `arrays`."""
    encoded: Json = {"part": type(part).__name__}
    for item in fields(part):
        value = getattr(part, item.name)
        if isinstance(value, np.ndarray):
            arrays[prefix + item.name] = value
        else:
            encoded[item.name] = value
    return encoded


def _decode(structure: Json, arrays: Arrays) -> IntegerGraph:
    tensors = [_decode_tensor(row) for row in structure["tensors"]]
    by_field: dict[str, Arrays] = {}
    for name, array in arrays.items():
        place, _, part = name.rpartition("/")
        by_field.setdefault(place, {})[part] = array
    rows = enumerate(structure["operators"])
    graph = IntegerGraph(
        input_shape=tuple(structure["input_shape"]),
        tensors={spec.name: spec for spec in tensors},
        operators=tuple(_decode_operator(row, f"{index}/", by_field) for index, row in rows),
        input=structure["input"],
        outputs=tuple(structure["outputs"]),
        notes=tuple(structure["notes"]),
    )
    _check_wiring(graph)
    return graph


def _check_wiring(graph: IntegerGraph) -> None:
    known = {graph.input}
    for operator in graph.operators:
        missing = set(operator.inputs) - known
        if missing or operator.output in known:
            raise ValueError(f"operator {operator.name} reads or writes tensors out of order")
        known.add(operator.output)
    if known != set(graph.tensors) or not known.issuperset(graph.outputs):
        raise ValueError("tensors and operators do not belong together")


def _decode_tensor(row: list[Any]) -> TensorSpec:
    name, height, width, channels, plain = row
    return TensorSpec(name, height, width, channels, Quantization(*plain))


def _decode_operator(row: Json, prefix: str, by_field: Mapping[str, Arrays]) -> Operator:
    values = {
        name: _decode_value(name, value, by_field.get(prefix + name, {}))
        for name, value in row.items()
        if name != "kind"
    }
    return OPERATORS[row["kind"]](**values)


def _decode_value(name: str, value: Any, arrays: Arrays) -> Any:
    match value:
        case {"part": part}:
            plain = {key: _decode_value(key, inner, {}) for key, inner in value.items() if key != "part"}
            return PARTS[part](**plain, **arrays)
        case list():
            return tuple(value)
        case _:
            return Activation(value) if name == "activation" else value
