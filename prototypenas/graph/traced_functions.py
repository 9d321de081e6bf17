"""The table of known PyTorch functions: one small handler each, arguments as PyTorch names them."""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from prototypenas.graph.graph import Activation, Add, Concat
from prototypenas.graph.recording import Rectifier
from prototypenas.graph.traced_layers import (
    trace_addmm,
    trace_aten_convolution,
    trace_batch_norm,
    trace_convolution,
    trace_functional_batch_norm,
    trace_linear,
    trace_native_batch_norm,
)
from prototypenas.graph.traced_pooling import (
    trace_adaptive_average_pool,
    trace_average_pool,
    trace_interpolate,
    trace_max_pool,
    trace_max_pool_with_indices,
    trace_mean,
    trace_upsample,
)
from prototypenas.graph.traced_shapes import (
    keep,
    pad_zeros,
    trace_constant_pad,
    trace_flatten,
    trace_reshape,
    trace_squeeze,
    trace_unsqueeze,
)
from prototypenas.graph.tracing import Handler, Recorder, Traced


def _relu(recorder: Recorder, input: Traced) -> Traced:
    return _rectified(recorder, input, Activation.RELU)


def _relu6(recorder: Recorder, input: Traced) -> Traced:
    return _rectified(recorder, input, Activation.RELU6)


def _hardtanh(recorder: Recorder, input: Traced, min_val: float = -1.0, max_val: float = 1.0) -> Traced:
    return _clamp(recorder, input, min_val, max_val)


def _clamp(recorder: Recorder, input: Traced, min: float | None = None, max: float | None = None) -> Traced:
    if min == 0 and (max is None or max == math.inf):
        return _relu(recorder, input)
    if min == 0 and max == 6:
        return _relu6(recorder, input)
    recorder.fail(f"a clamp to [{min}, {max}] has no operator in the graph; ReLU and ReLU6 have")


def _add(recorder: Recorder, input: object, other: object, alpha: float = 1) -> Traced:
    left, right = (other, input) if not isinstance(input, Traced) else (input, other)
    if isinstance(left, Traced) and isinstance(right, int | float) and right == 0:
        return left
    if not isinstance(left, Traced) or not isinstance(right, Traced) or alpha != 1:
        recorder.fail("only two tensors made from the input can be added")
    first, second = recorder.spec(left), recorder.spec(right)
    extent = (first.height, first.width, first.channels)
    if left.shape != right.shape or extent != (second.height, second.width, second.channels):
        recorder.fail(f"{tuple(left.shape)} and {tuple(right.shape)} cannot be added: the graph does not broadcast")
    name = recorder.new_name("add")
    return recorder.append(Add(name, (left.tensor, right.tensor), name), extent, left.shape)


def _cat(recorder: Recorder, tensors: Sequence[object], dim: int = 0) -> Traced:
    values = [value for value in tensors if isinstance(value, Traced)]
    first = recorder.spec(values[0])
    specs = [recorder.spec(value) for value in values]
    if len(values) != len(tensors) or dim % values[0].ndim != 1:
        recorder.fail("only tensors made from the input can be concatenated, along channels")
    if any((spec.height, spec.width) != (first.height, first.width) for spec in specs):
        recorder.fail(f"maps of {[(spec.height, spec.width) for spec in specs]} pixels cannot be concatenated")
    if values[0].ndim == 2 and first.height * first.width > 1:
        recorder.fail("flattened maps cannot be concatenated")
    if len(values) == 1:
        return values[0]
    name = recorder.new_name("concat")
    channels = sum(spec.channels for spec in specs)
    operator = Concat(name, tuple(value.tensor for value in values), name)
    shape = (1, channels, *values[0].shape[2:])
    return recorder.append(operator, (first.height, first.width, channels), shape)


def _rectified(recorder: Recorder, input: Traced, activation: Activation) -> Traced:
    spec = recorder.spec(input)
    name = recorder.new_name(activation.value)
    operator = Rectifier(name, (input.tensor,), name, activation)
    return recorder.append(operator, (spec.height, spec.width, spec.channels), input.shape)


FUNCTIONS: Mapping[str, Handler] = MappingProxyType(
    {
        "conv1d": trace_convolution,
        "conv2d": trace_convolution,
        "convolution": trace_aten_convolution,
        "linear": trace_linear,
        "addmm": trace_addmm,
        "batch_norm": trace_batch_norm,
        "functional_batch_norm": trace_functional_batch_norm,
        "_native_batch_norm_legit_no_training": trace_native_batch_norm,
        "relu": _relu,
        "relu6": _relu6,
        "hardtanh": _hardtanh,
        "clamp": _clamp,
        "clip": _clamp,
        "clamp_min": _clamp,
        "add": _add,
        "cat": _cat,
        "concat": _cat,
        "concatenate": _cat,
        "max_pool1d": trace_max_pool,
        "max_pool2d": trace_max_pool,
        "max_pool2d_with_indices": trace_max_pool_with_indices,
        "avg_pool1d": trace_average_pool,
        "avg_pool2d": trace_average_pool,
        "adaptive_avg_pool1d": trace_adaptive_average_pool,
        "adaptive_avg_pool2d": trace_adaptive_average_pool,
        "_adaptive_avg_pool2d": trace_adaptive_average_pool,
        "mean": trace_mean,
        "flatten": trace_flatten,
        "view": trace_reshape,
        "reshape": trace_reshape,
        "squeeze": trace_squeeze,
        "unsqueeze": trace_unsqueeze,
        "interpolate": trace_interpolate,
        "upsample_nearest2d": trace_upsample,
        "pad": pad_zeros,
        "constant_pad_nd": trace_constant_pad,
        "dropout": keep,
        "dropout1d": keep,
        "dropout2d": keep,
        "feature_dropout": keep,
        "alpha_dropout": keep,
        "contiguous": keep,
        "detach": keep,
        "clone": keep,
        "alias": keep,
        "float": keep,
        "to": keep,
    }
)
"""By the function's name; a trailing underscore (in place) is taken off first."""
