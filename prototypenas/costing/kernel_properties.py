"""What the written C needs beside its constants and its arena: descriptors, code and stack.

These are facts about `kernels/*.c`, measured; what one kernel needs and allows stands with its operator in
`graph/operators`, and the tests prove each of these on the compiled kernels.
"""

import tomllib
from collections.abc import Collection
from functools import cache
from importlib import resources

from prototypenas.errors import ConfigurationError
from prototypenas.graph.graph import Graph
from prototypenas.graph.operator import CLayer, Operator, Tensors

DESCRIPTOR_BYTES = 60
"""`sizeof(nn_descriptor)`, the same on every machine; `kernels/nn.h` asserts it."""

SEVERAL_OUTPUTS_BYTES = 56
"""Code of the loop over outputs, which a compiler leaves out where there is one; each further output is 8 bytes."""


SEGMENT_BYTES = 16
"""`sizeof(model_segment)`, one for each segment that is run row by row."""


def kernels_in_use(
    graph: Graph, written_in_place: Collection[str] = (), summed: Collection[str] = ()
) -> frozenset[str]:
    """Return the kernels a graph links.

    Tensors in `written_in_place` go straight into their concatenation; those in `summed` are means over rows that
    are summed as they come.
    """
    return frozenset(
        kernel_of(operator, layer, summed)
        for operator in graph.operators
        for layer in operator.c_layers(graph.tensors, written_in_place)
    )


def kernel_of(operator: Operator, layer: CLayer, summed: Collection[str]) -> str:
    """Return the kernel of one of an operator's layers."""
    return operator.summing_kernel or layer.kernel if operator.output in summed else layer.kernel


def descriptor_count(operator: Operator, tensors: Tensors, written_in_place: Collection[str] = ()) -> int:
    """Return the descriptors of an operator: mostly one; a concatenation has one for each input it has to copy."""
    return len(operator.c_layers(tensors, written_in_place))


def descriptor_bytes(operator: Operator, tensors: Tensors, written_in_place: Collection[str] = ()) -> int:
    """Return the ROM of an operator's descriptors."""
    return DESCRIPTOR_BYTES * descriptor_count(operator, tensors, written_in_place)


def bias_bytes(operator: Operator) -> int:
    """Return the ROM of an operator's int32 biases."""
    return 4 * operator.requantized_channels()


def requantization_bytes(operator: Operator) -> int:
    """Return the ROM of an operator's multipliers (int32) and shifts (uint8), one each an output channel."""
    return 5 * operator.requantized_channels()


STACK_ROOM = 32
"""Bytes added to the measured stack: up to 12 bytes more were found painted on the emulated Cortex-M7, since a frame of
the measured network is not the frame of every network."""

LAYER_RUNTIMES = ("runtime", "runtime_collected")
"""Those without a segment that is run row by row."""

ROWS_ROOM = 128
"""Bytes added to the measured runtime of rows, which the compiler inlines differently from network to network: up to
80 bytes more than measured were seen (`tests/deployment/test_linked_sizes.py`)."""


def code_bytes(
    kernels: Collection[str], core: str, *, optimization: str = "O2", outputs: int = 1, runtime: str = "runtime"
) -> int:
    """Return the ROM of the kernels, what they share and the interpreter loop, as measured with arm-none-eabi-gcc.

    `runtime` is `runtime`, `runtime_rows` where segments are run row by row, `runtime_streamed` where the first of them
    takes rows that are handed in; where such rows are collected, `runtime_collected` or `runtime_collected_rows`. At
    least the linked code, by at most 112 bytes over random candidates of every pool, by at most 320 where rows are run.

    Raises:
        ConfigurationError: for a core or optimization that was not measured.
    """
    table = _code_sizes(core, optimization)
    several = SEVERAL_OUTPUTS_BYTES + 8 * (outputs - 1) if outputs > 1 else 0
    room = 0 if runtime in LAYER_RUNTIMES else ROWS_ROOM
    return table[runtime] + room + sum(table[name] for name in _linked(kernels)) + several


def stack_bytes(core: str, *, optimization: str = "O2") -> int:
    """Return the deepest stack below `model_run`: measured with `-fstack-usage` over the call graph, and some room.

    Raises:
        ConfigurationError: for a core or optimization that was not measured.
    """
    return _code_sizes(core, optimization)["stack"] + STACK_ROOM


def _linked(kernels: Collection[str]) -> set[str]:
    shared = {"nn_gemm"} if {"nn_convolution", "nn_grouped", "nn_pointwise"} & set(kernels) else set()
    return shared | set(kernels)


@cache
def _tables() -> dict[str, dict[str, dict[str, int]]]:
    text = resources.files("prototypenas.costing").joinpath("code_sizes.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)["sizes"]  # type: ignore[no-any-return]


def _code_sizes(core: str, optimization: str) -> dict[str, int]:
    tables = _tables()
    if core not in tables or optimization not in tables[core]:
        measured = ", ".join(f"{name} -{level}" for name, levels in tables.items() for level in levels)
        raise ConfigurationError(f"code size of {core} -{optimization} was not measured; measured are {measured}")
    return tables[core][optimization]
