"""Records arithmetic with constants, such as the normalisation of the input inside `forward`."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from prototypenas.graph.recording import Normalization
from prototypenas.graph.tracing import Handler, Recorder, Traced


def is_constant(value: object) -> bool:
    """Whether a value is a number or a tensor that does not come from the input."""
    return isinstance(value, int | float | Tensor)


def scaled_and_shifted(recorder: Recorder, input: Traced, *, scale: Any = 1.0, shift: Any = 0.0) -> Traced:
    """Record `scale * x + shift` with numbers, or tensors of one value a channel."""
    spec = recorder.spec(input)
    factors, offsets = (_by_channel(recorder, value, input) for value in (scale, shift))
    name = recorder.new_name("scaling")
    operator = Normalization(name, (input.tensor,), name, factors, offsets)
    return recorder.append(operator, (spec.height, spec.width, spec.channels), input.shape)


def trace_subtract(recorder: Recorder, input: object, other: object, alpha: float = 1) -> Traced:
    """Record `x - c` or `c - x` with a constant."""
    if isinstance(input, Traced) and is_constant(other) and alpha == 1:
        return scaled_and_shifted(recorder, input, shift=-_number(other))
    if isinstance(other, Traced) and is_constant(input) and alpha == 1:
        return scaled_and_shifted(recorder, other, scale=-1.0, shift=input)
    recorder.fail("the difference of two tensors has no operator in the graph; one with a constant has")


def trace_reversed_subtract(recorder: Recorder, input: object, other: object) -> Traced:
    """Record `other - input`."""
    return trace_subtract(recorder, other, input)


def trace_divide(recorder: Recorder, input: object, other: object) -> Traced:
    """Record `x / c` with a constant."""
    if isinstance(input, Traced) and is_constant(other):
        return scaled_and_shifted(recorder, input, scale=1.0 / _number(other))
    recorder.fail("a division by a tensor made from the input has no operator in the graph")


def trace_negation(recorder: Recorder, input: Traced) -> Traced:
    """Record `-x`."""
    return scaled_and_shifted(recorder, input, scale=-1.0)


def _number(value: Any) -> Any:
    return value.detach().double() if isinstance(value, Tensor) else float(value)


def _by_channel(recorder: Recorder, value: Any, input: Traced) -> NDArray[np.float64]:
    channels = recorder.spec(input).channels
    if isinstance(value, Tensor):
        if value.is_meta:
            return np.ones(channels)
        shape = tuple(value.shape)
        aligned = (1,) * (input.ndim - len(shape)) + shape
        if value.numel() != 1 and (value.numel() != channels or aligned[1] != channels):
            recorder.fail(f"a constant of shape {shape} has no operator in the graph; one value a channel has")
        return np.broadcast_to(value.detach().double().cpu().numpy().reshape(-1), channels).copy()
    return np.full(channels, float(value))


CONSTANT_FUNCTIONS: Mapping[str, Handler] = {
    "sub": trace_subtract,
    "rsub": trace_reversed_subtract,
    "div": trace_divide,
    "true_divide": trace_divide,
    "neg": trace_negation,
}
