"""Writes a complete C99 project of one model: model, weights, kernels, example, build files, README.

The C is a loop over a table, as in TensorFlow Lite for Microcontrollers (David et al., MLSys 2021), but planned here:
one descriptor a layer in execution order, offsets into one arena, constants in arrays, and of the kernels only those
that a descriptor names. Numbers come from `c_tables`, text from `templates/`. Invariants: what lies in `.model_rom` and
`.model_ram` is to the byte what the footprint says, and equal arguments write equal files.
"""

import os
import re
from collections.abc import Iterable
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from numpy.typing import NDArray

from prototypenas.costing.cores import core_named
from prototypenas.costing.footprint import PRICED_AS
from prototypenas.costing.kernel_properties import DESCRIPTOR_BYTES, code_bytes, stack_bytes
from prototypenas.costing.memory_plan import MemoryPlan, plan_memory
from prototypenas.costing.row_layers import is_series, rows_and_bytes
from prototypenas.deployment.c_schedule import segment_tables
from prototypenas.deployment.c_tables import Layer, ModelTables, bench_rows, model_tables
from prototypenas.deployment.detection_tables import DetectionTables, detection_tables
from prototypenas.deployment.input_tables import pixel_tables, prepared_channels
from prototypenas.deployment.programmers import PROGRAMMERS
from prototypenas.deployment.self_test import FIRST_STATE, answer_crc, constants_crc
from prototypenas.deployment.shared_kernels import write_shared_kernels
from prototypenas.detection.decode import DEPLOYED, DetectorSettings, decoder_for
from prototypenas.detection.head import DetectionHead
from prototypenas.errors import ConfigurationError
from prototypenas.graph.graph import IntegerGraph
from prototypenas.types import Execution, Preparation, Target

FILES = (
    "model.h",
    "model_data.h",
    "model_io.h",
    "model_io.c",
    "model_test.c",
    "labels.h",
    "model.c",
    "weights.c",
    "main.c",
    "port.h",
    "port_host.c",
    "port_semihosting.c",
    "cortexm.ld",
    "Makefile",
    "CMakeLists.txt",
    "zephyr/module.yml",
    "idf_component.yml",
    "library.json",
    "library.properties",
    "README.md",
)
"""Written from `templates/`, beside `.clang-format` and `kernels/`."""

MEANING = {
    Execution.AUTO: "rows where that takes less, the input whole",
    Execution.LAYERS: "layer by layer",
    Execution.ROWS: "rows, and the input handed in row by row",
}
"""What the README says of each way to run a network."""

BENCH = "bench.c"
"""Measures layers on a board, where they can be run one by one."""

DETECTION_FILES = ("detection.h", "detection.c")
"""Of a detector."""

_ALWAYS = ("nn.h", "nn_arithmetic.h", "nn_rows.h")
PREFIX = "model"
"""Beginning of the model's symbols, macros and files if no other is asked for."""
_VALUES_IN_A_ROW = 24


def write_c_project(
    graph: IntegerGraph,
    plan: MemoryPlan,
    directory: Path,
    *,
    name: str,
    target: Target,
    sample: NDArray[np.int8],
    head: DetectionHead | None = None,
    settings: DetectorSettings = DEPLOYED,
    preparation: Preparation | None = None,
    prefix: str = PREFIX,
    shared_kernels: Path | None = None,
) -> None:
    """Write the project of an integer-stage graph; files of the same names are overwritten.

    `sample` is one int8 input in height, width, channel order; the example classifies it, or with a
    `head` finds the boxes in it that `settings` ask for. With a `preparation` the C takes pixels or samples as they are
    stored. `prefix` begins every symbol, macro and file of the model, so that several models can live in one program;
    with `shared_kernels`, a folder, they share their kernels too.

    Raises:
        ConfigurationError: if the sample has another size, a shape, name or prefix does not fit C, or the folder holds
            kernels of another version.
        QuantizationError: if the graph is not at the integer stage.
    """
    _check(graph, sample, name, prefix)
    tables = model_tables(graph, plan)
    sources = kernel_files(tables.kernels)
    values = _values(graph, plan, tables, target) | _feeding(graph, preparation) | _proof(graph, tables)
    values |= {
        "name": name,
        "identifier": re.sub(r"\W", "_", name),
        "sample": sample.reshape(-1),
        "sources": [file for file in sources if file.endswith(".c")],
        "headers": [file for file in sources if file.endswith(".h")],
        "detection": _detection(graph, head, settings, target),
        **_kernels_place(directory, shared_kernels),
    }
    environment = _environment()
    (directory / "zephyr").mkdir(parents=True, exist_ok=True)
    if shared_kernels is None:
        _copy_kernels(sources, directory)
    else:
        write_shared_kernels(sources, shared_kernels, environment)
    measurable = not plan.segments and not plan.streamed_input
    for file in (*FILES, *(DETECTION_FILES if head else ()), *((BENCH,) if measurable else ())):
        text = _licensed(file, environment.get_template(f"{file}.j2").render(values))
        (directory / _renamed(file, prefix)).write_text(_prefixed(file, text, prefix), encoding="utf-8")


def _check(graph: IntegerGraph, sample: NDArray[np.int8], name: str, prefix: str) -> None:
    if sample.dtype != np.int8 or sample.size != graph.tensors[graph.input].elements:
        expected = graph.tensors[graph.input].elements
        raise ConfigurationError(f"the sample is {sample.dtype} of {sample.size} values; it must be int8 of {expected}")
    if not re.fullmatch(r"[A-Za-z0-9][\w .+-]*", name):
        raise ConfigurationError(f"model name {name!r}: letters, digits, spaces and . + - _ only")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", prefix) or prefix.startswith(("nn_", "port_")):
        raise ConfigurationError(f"prefix {prefix!r}: small letters, digits and _, a letter first; not nn_ or port_")


def _kernels_place(directory: Path, shared: Path | None) -> dict[str, Any]:
    at = "kernels" if shared is None else Path(os.path.relpath(shared.resolve(), directory.resolve())).as_posix()
    return {"shared": shared is not None, "kernels_at": at, "kernels_name": Path(at).name}


def _copy_kernels(files: Iterable[str], directory: Path) -> None:
    kernels = resources.files("prototypenas.deployment").joinpath("kernels")
    (directory / "kernels").mkdir(exist_ok=True)
    for file in files:
        (directory / "kernels" / file).write_bytes(kernels.joinpath(file).read_bytes())
    (directory / ".clang-format").write_bytes(kernels.joinpath(".clang-format").read_bytes())


def _detection(
    graph: IntegerGraph, head: DetectionHead | None, settings: DetectorSettings, target: Target
) -> DetectionTables | None:
    if head is None:
        return None
    core = PRICED_AS.get(target.core, target.core)
    return detection_tables(decoder_for(head, graph), settings, core)


def kernel_files(kernels: Iterable[str]) -> tuple[str, ...]:
    """Return the C files a set of kernels needs, sorted: what they include, and the code behind those headers."""
    folder = resources.files("prototypenas.deployment").joinpath("kernels")
    waiting, files = [*_ALWAYS, *(f"{kernel}.c" for kernel in kernels)], set[str]()
    while waiting:
        file = waiting.pop()
        if file in files:
            continue
        files.add(file)
        waiting += re.findall(r'^#include "(nn\w*\.h)"', folder.joinpath(file).read_text("utf-8"), re.MULTILINE)
        source = file.removesuffix(".h") + ".c"
        if folder.joinpath(source).is_file():
            waiting.append(source)
    return tuple(sorted(files))


def _proof(graph: IntegerGraph, tables: ModelTables) -> dict[str, Any]:
    return {
        "constants_crc": constants_crc(tables),
        "answer_crc": answer_crc(graph),
        "first_state": FIRST_STATE,
    }


def _feeding(graph: IntegerGraph, preparation: Preparation | None) -> dict[str, Any]:
    channels = graph.tensors[graph.input].channels
    known = preparation or Preparation((0.0,) * channels, (1.0,) * channels, pixels=False, stored_shape=())
    mean, deviation = prepared_channels(graph, known)
    return {
        "pixel_tables": list(pixel_tables(graph, known)) if known.pixels else [],
        "means": [_float_text(value) for value in mean],
        "deviations": [_float_text(value) for value in deviation],
        "preparation": preparation,
        "labels": [_c_string(label) for label in known.classes],
    }


def _licensed(file: str, text: str) -> str:
    """Head code with its licence; trained weights and the names of classes are the user's own."""
    if file in ("weights.c", "labels.h") or not file.endswith((".c", ".h")):
        return text
    return f"/* SPDX-License-Identifier: Apache-2.0 */\n{text}"


def _renamed(file: str, prefix: str) -> str:
    own = file.startswith("model") or file in ("weights.c", "labels.h")
    if prefix == PREFIX or not own:
        return file
    return prefix + file.removeprefix("model") if file.startswith("model") else f"{prefix}_{file}"


def _prefixed(file: str, text: str, prefix: str) -> str:
    """Return a file's text with the model's symbols, macros and files under another prefix; sections keep theirs."""
    if prefix == PREFIX or file == "cortexm.ld":
        return text
    text = re.sub(r"(?<![.\w])model_(?=\w)", f"{prefix}_", text)
    text = re.sub(r"\bMODEL_(?=\w)", f"{prefix.upper()}_", text)
    text = re.sub(r"\bmodel\.(?=[ch]\b)", f"{prefix}.", text)
    text = re.sub(r"\bmodel\*\.c", f"{prefix}*.c", text)
    text = re.sub(r"(?<!\w)(weights\.c|labels\.h)", rf"{prefix}_\1", text)
    return re.sub(r"\bmodel\b", prefix, text) if file == "CMakeLists.txt" else text


def _values(graph: IntegerGraph, plan: MemoryPlan, tables: ModelTables, target: Target) -> dict[str, Any]:
    constants = (tables.biases, tables.multipliers, tables.weights, tables.shifts)
    descriptors = DESCRIPTOR_BYTES * len(tables.layers)
    spec = graph.tensors[graph.input]
    core = PRICED_AS.get(target.core, target.core)
    return {
        "tables": tables,
        "bench_rows": bench_rows(graph, tables.layers),
        "layers": tables.layers,
        "kernels": tables.kernels,
        "macs": sum(operator.macs(graph.tensors) for operator in graph.operators),
        "input": spec,
        "input_scale": _c_float(graph, graph.input),
        "input_offset": plan.offsets[graph.input],
        "outputs": [
            {"spec": graph.tensors[output], "offset": plan.offsets[output], "scale": _c_float(graph, output)}
            for output in graph.outputs
        ],
        "output_bytes": sum(graph.tensors[output].elements for output in graph.outputs),
        "version": version("prototypenas"),
        "arena_bytes": plan.array_bytes,
        "alignment": plan.alignment,
        "scratch_offset": plan.scratch_offset,
        **_row_values(graph, plan),
        "rom_bytes": descriptors + plan.table_bytes + sum(max(1, part.size) * part.itemsize for part in constants),
        "descriptor_bytes": descriptors,
        "code_bytes": code_bytes(tables.kernels, core, outputs=len(graph.outputs), runtime=plan.runtime),
        "stack_bytes": stack_bytes(core),
        "classifies": _classifies(graph),
        "target": target.name,
        "core": core,
        "board": core_named(core),
        "programmer": PROGRAMMERS.get(target.name) if target.ram_bytes and target.rom_bytes else None,
        "ram_limit": target.ram_bytes,
        "rom_limit": target.rom_bytes,
    }


def _row_values(graph: IntegerGraph, plan: MemoryPlan) -> dict[str, Any]:
    rows, row_bytes = rows_and_bytes(graph.tensors[graph.input], series=is_series(graph))
    return {
        "executions": [
            (execution.value, MEANING[execution], plan_memory(graph, execution).total_bytes) for execution in Execution
        ],
        "segments": segment_tables(graph, plan),
        "streamed": plan.streamed_input,
        "takes_rows": plan.streamed_input and not plan.collects_input,
        "rows_at_once": max((segment.rows_at_once for segment in plan.segments), default=1),
        "table_bytes": plan.table_bytes,
        "step_bytes": plan.step_bytes,
        "progress_bytes": plan.progress_bytes,
        "progress_rows": plan.progress_rows,
        "row_name": "sample" if is_series(graph) else "row",
        "input_rows": rows,
        "input_row_bytes": row_bytes,
        "input_ring_rows": plan.ring_rows.get(graph.input, rows),
    }


def _classifies(graph: IntegerGraph) -> bool:
    output = graph.tensors[graph.outputs[0]]
    return len(graph.outputs) == 1 and output.height == output.width == 1


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("prototypenas.deployment", "templates"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.globals.update(
        rows=_rows, layer_text=_layer_text, at_least_one=lambda count: max(1, count), parenthesised=_parenthesised
    )
    return environment


def _rows(values: NDArray[Any]) -> str:
    numbers = values.tolist() or [0]
    rows = (numbers[start : start + _VALUES_IN_A_ROW] for start in range(0, len(numbers), _VALUES_IN_A_ROW))
    return "\n".join("    " + ", ".join(map(str, row)) + "," for row in rows)


def _layer_text(layer: Layer) -> str:
    fields = [f".{name} = {value}" for name, value in layer.fields]
    if layer.arithmetic is not None:
        member, values = layer.arithmetic
        fields.insert(0, f".as.{member} = {{{', '.join(map(_c_integer, values))}}}")
    return ", ".join(fields)


def _c_integer(number: int) -> str:
    return f"{number}u" if number >= 2**31 else str(number)


def _parenthesised(number: int) -> str:
    return f"({number})" if number < 0 else str(number)


def _c_float(graph: IntegerGraph, tensor: str) -> str:
    return _float_text(np.float32(graph.tensors[tensor].known_quantization.scale))


def _float_text(value: np.float32) -> str:
    return f"{np.format_float_scientific(value, unique=True, trim='0')}f"


def _c_string(text: str) -> str:
    """Return a C string literal; what is not plain ASCII is written byte by byte, in octal."""
    plain = "".join(
        chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?' else f"\\{byte:03o}" for byte in text.encode()
    )
    return f'"{plain}"'
