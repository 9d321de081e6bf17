"""What the C kernels need and allow: scratch, overlap of input and output, constant data, code and stack.

These are facts about `kernels/*.c`; the tests prove each of them on the compiled kernels.
"""

import tomllib
from collections.abc import Collection, Mapping
from enum import Enum
from functools import cache
from importlib import resources

from prototypenas.errors import ConfigurationError
from prototypenas.graph.graph import (
    Add,
    AveragePool2d,
    Concat,
    Conv2d,
    DepthwiseConv2d,
    FullyConnected,
    Graph,
    MaxPool2d,
    Operator,
    Requantize,
    TensorSpec,
    UpsampleNearest,
    Window,
)

DESCRIPTOR_BYTES = 60
"""`sizeof(nn_descriptor)`, the same on every machine; `kernels/nn.h` asserts it."""

SEVERAL_OUTPUTS_BYTES = 56
"""Code of the loop over outputs, which a compiler leaves out where there is one; each further output is 8 bytes."""

STAGED_PIXELS = 2
"""Output pixels of a convolution whose inputs are spread to int16 before they are multiplied."""

Tensors = Mapping[str, TensorSpec]


class Kernel(Enum):
    """C function behind an operator; a kernel no operator uses is not linked."""

    CONVOLUTION = "nn_convolution"
    POINTWISE = "nn_pointwise"
    DEPTHWISE = "nn_depthwise"
    FULLY_CONNECTED = "nn_fully_connected"
    ADD = "nn_add"
    COPY = "nn_copy"
    MAX_POOL = "nn_max_pool"
    AVERAGE_POOL = "nn_average_pool"
    UPSAMPLE = "nn_upsample"
    REQUANTIZE = "nn_requantize"


_KERNELS: Mapping[type[Operator], Kernel] = {
    DepthwiseConv2d: Kernel.DEPTHWISE,
    FullyConnected: Kernel.FULLY_CONNECTED,
    Add: Kernel.ADD,
    Concat: Kernel.COPY,
    MaxPool2d: Kernel.MAX_POOL,
    AveragePool2d: Kernel.AVERAGE_POOL,
    UpsampleNearest: Kernel.UPSAMPLE,
    Requantize: Kernel.REQUANTIZE,
}


def kernel_of(operator: Operator) -> Kernel:
    """Give the kernel that executes an operator; a concatenation is one copy for each input not written in place.

    Raises:
        ConfigurationError: for an operator without a kernel.
    """
    if isinstance(operator, Conv2d):
        return Kernel.POINTWISE if _is_pointwise(operator.window) else Kernel.CONVOLUTION
    if type(operator) not in _KERNELS:
        raise ConfigurationError(f"{operator.name}: there is no kernel for {type(operator).__name__}")
    return _KERNELS[type(operator)]


def kernels_in_use(graph: Graph, written_in_place: Collection[str] = ()) -> frozenset[Kernel]:
    """Give the kernels a graph links; tensors in `written_in_place` go straight into their concatenation."""
    return frozenset(
        kernel_of(operator) for operator in graph.operators if descriptor_count(operator, written_in_place) > 0
    )


def scratch_bytes(operator: Operator, tensors: Tensors) -> int:
    """Scratch of one operator, 4-byte aligned, free again after it."""
    channels = tensors[operator.inputs[0]].channels
    match operator:
        case Conv2d(window=window):
            return STAGED_PIXELS * 2 * _round_up(window.kernel[0] * window.kernel[1] * channels, 4)
        case DepthwiseConv2d(window=window):
            return 4 * window.kernel[0] * window.kernel[1] + _round_up(channels, 4)
        case _:
            return 0


def input_lead_bytes(operator: Operator, tensors: Tensors) -> int:
    """Least distance from the output's first byte to an input's first byte if the two may share memory.

    An input that ends with this operator may lie anywhere from this distance on: each byte is read before an
    output byte covers it. The output's size means that the two must stay apart; 0 means in place. It holds for an
    output written without gaps, not for one inside a concatenation.
    """
    spec, output = tensors[operator.inputs[0]], tensors[operator.output]
    match operator:
        case Add() | Requantize():
            lead = 0
        case Conv2d(window=window) | DepthwiseConv2d(window=window):
            lead = _window_lead(window, spec, output)
        case MaxPool2d(window=window) | AveragePool2d(window=window):
            lead = _window_lead(window, spec, output)
        case UpsampleNearest(factor=factor):
            lead = _upsampling_lead(factor, spec, output)
        case _:
            lead = output.elements
    return min(max(lead, 0), output.elements)


def writes_with_gaps(operator: Operator) -> bool:
    """Whether the operator can write its pixels into a wider tensor, so that a concatenation costs nothing."""
    return not isinstance(operator, FullyConnected | Concat)


def descriptor_count(operator: Operator, written_in_place: Collection[str] = ()) -> int:
    """Descriptors of an operator: one, or for a concatenation one for each input that has to be copied."""
    if isinstance(operator, Concat):
        return sum(name not in written_in_place for name in operator.inputs)
    return 1


def descriptor_bytes(operator: Operator, written_in_place: Collection[str] = ()) -> int:
    """ROM of an operator's descriptors."""
    return DESCRIPTOR_BYTES * descriptor_count(operator, written_in_place)


def weight_bytes(operator: Operator) -> int:
    """ROM of an operator's int8 weights, padded to whole words so that each layer starts aligned.

    A convolution reads its rows by words, so that the last row has to be padded beyond its own end.
    """
    match operator:
        case Conv2d(window=window, in_channels=channels, out_channels=out):
            row = window.kernel[0] * window.kernel[1] * channels
            return _round_up((out - 1) * row + _round_up(row, 4), 4)
        case DepthwiseConv2d(window=window, channels=channels):
            return _round_up(window.kernel[0] * window.kernel[1] * channels, 4)
        case FullyConnected(in_features=features, out_features=out):
            return _round_up(features * out, 4)
        case _:
            return 0


def bias_bytes(operator: Operator) -> int:
    """ROM of an operator's int32 biases."""
    return 4 * _requantized_channels(operator)


def requantization_bytes(operator: Operator) -> int:
    """ROM of an operator's multipliers (int32) and shifts (uint8), one each an output channel."""
    return 5 * _requantized_channels(operator)


def code_bytes(kernels: Collection[Kernel], core: str, *, optimization: str = "O2", outputs: int = 1) -> int:
    """ROM of the kernels, what they share and the interpreter loop, as measured with arm-none-eabi-gcc.

    At least the linked code, by at most 112 bytes over random candidates of every pool.

    Raises:
        ConfigurationError: for a core or optimization that was not measured.
    """
    table = _code_sizes(core, optimization)
    several = SEVERAL_OUTPUTS_BYTES + 8 * (outputs - 1) if outputs > 1 else 0
    return table["runtime"] + sum(table[name] for name in _linked(kernels)) + several


def stack_bytes(core: str, *, optimization: str = "O2") -> int:
    """Deepest stack below `model_run`, as measured with `-fstack-usage` over the call graph.

    Raises:
        ConfigurationError: for a core or optimization that was not measured.
    """
    return _code_sizes(core, optimization)["stack"]


def _linked(kernels: Collection[Kernel]) -> set[str]:
    shared = {"nn_gemm"} if {Kernel.CONVOLUTION, Kernel.POINTWISE} & set(kernels) else set()
    return shared | {kernel.value for kernel in kernels}


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


def _window_lead(window: Window, spec: TensorSpec, output: TensorSpec) -> int:
    """Give the largest lag of the first byte pixel j reads behind the first byte it writes.

    Convolutions stage a pixel's inputs before they write it; the others write a channel after they read it, and
    need only later channels of the same pixels.
    """
    top, left = window.padding[:2]
    row_bytes, out_row_bytes = spec.width * spec.channels, output.width * output.channels
    rows = _greatest_advance(output.height, out_row_bytes, row_bytes, (window.stride[0], top))
    return rows + _greatest_advance(output.width, output.channels, spec.channels, (window.stride[1], left))


def _upsampling_lead(factor: int, spec: TensorSpec, output: TensorSpec) -> int:
    row_bytes, out_row_bytes = spec.width * spec.channels, output.width * output.channels
    rows = (row * out_row_bytes - row // factor * row_bytes for row in range(output.height))
    columns = ((column - column // factor) * spec.channels for column in range(output.width))
    return max(rows) + max(columns)


def _greatest_advance(count: int, written: int, read: int, step: tuple[int, int]) -> int:
    """Give how far writing gets ahead of the first input still needed, over `count` positions.

    Linear but for where the window leaves the padding, so that corner and both ends are all there is to look at.
    """
    stride, padding = step
    corner = padding // stride
    positions = {0, min(corner, count - 1), min(corner + 1, count - 1), count - 1}
    return max(place * written - max(0, place * stride - padding) * read for place in positions)


def _requantized_channels(operator: Operator) -> int:
    match operator:
        case Conv2d(out_channels=channels) | FullyConnected(out_features=channels):
            return channels
        case DepthwiseConv2d(channels=channels):
            return channels
        case _:
            return 0


def _is_pointwise(window: Window) -> bool:
    return window.kernel == (1, 1) and window.stride == (1, 1) and window.padding == (0, 0, 0, 0)


def _round_up(count: int, unit: int) -> int:
    return -(-count // unit) * unit
