"""How each PyTorch function is recorded: one small handler an operator, arguments as PyTorch names them."""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prototypenas.deployment.graph import (
    Activation,
    Add,
    AveragePool2d,
    Concat,
    Conv2d,
    DepthwiseConv2d,
    FloatWeights,
    FullyConnected,
    MaxPool2d,
    UpsampleNearest,
    Window,
)
from prototypenas.deployment.tracing import Handler, Normalization, Recorder, Rectifier, Traced

Numbers = int | Sequence[int]


def _convolution(  # noqa: PLR0917 - PyTorch's own argument order
    recorder: Recorder,
    input: Traced,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Numbers | str = 0,
    dilation: Numbers = 1,
    groups: int = 1,
) -> Traced:
    _need_map(recorder, input, "a convolution")
    kernel = _pair(weight.shape[2:], 1)
    strides = _pair(_spread(stride, weight.dim() - 2), 1)
    steps = _pair(_spread(dilation, weight.dim() - 2), 1)
    if any(step > 1 and size > 1 for step, size in zip(steps, kernel, strict=True)):
        recorder.fail(f"dilation {dilation} has no operator in the graph")
    window = Window(kernel, strides, _padding(input, padding, kernel, weight.dim() - 2))
    channels = recorder.spec(input).channels
    if channels != weight.shape[1] * groups:
        recorder.fail(f"the input has {channels} channels, the weights want {weight.shape[1] * groups}")
    if groups == 1:
        return _dense(recorder, input, weight, bias, window)
    if groups == channels == weight.shape[0]:
        return _depthwise(recorder, input, weight, bias, window)
    recorder.fail(f"{groups} groups of {channels} channels into {weight.shape[0]}: only dense and depthwise are known")


def _dense(recorder: Recorder, input: Traced, weight: Tensor, bias: Tensor | None, window: Window) -> Traced:
    name = recorder.new_name("convolution", weight)
    out_channels, in_channels = weight.shape[:2]
    shape = (out_channels, in_channels, *window.kernel)
    weights = _weights(weight, bias, lambda array: array.reshape(shape).transpose(0, 2, 3, 1))
    operator = Conv2d(name, (input.tensor,), name, window, in_channels, out_channels, weights=weights)
    return _windowed(recorder, operator, input, window, out_channels)


def _depthwise(recorder: Recorder, input: Traced, weight: Tensor, bias: Tensor | None, window: Window) -> Traced:
    name = recorder.new_name("convolution", weight)
    channels = weight.shape[0]
    weights = _weights(weight, bias, lambda array: array.reshape(channels, *window.kernel).transpose(1, 2, 0))
    operator = DepthwiseConv2d(name, (input.tensor,), name, window, channels, weights=weights)
    return _windowed(recorder, operator, input, window, channels)


def _aten_convolution(  # noqa: PLR0917 - ATen's own argument order
    recorder: Recorder,
    input: Traced,
    weight: Tensor,
    bias: Tensor | None,
    stride: Numbers,
    padding: Numbers,
    dilation: Numbers,
    transposed: bool,
    output_padding: Numbers,
    groups: int,
) -> Traced:
    if transposed:
        recorder.fail("transposed convolution has no operator in the graph")
    return _convolution(recorder, input, weight, bias, stride, padding, dilation, groups)


def _linear(recorder: Recorder, input: Traced, weight: Tensor, bias: Tensor | None = None) -> Traced:
    spec = recorder.spec(input)
    out_features, in_features = weight.shape
    if input.ndim != 2 or input.shape[1] != in_features:
        recorder.fail(f"a linear layer of {in_features} features got {tuple(input.shape)}; it wants (1, {in_features})")
    name = recorder.new_name("linear", weight)

    def to_nhwc(array: NDArray[np.float32]) -> NDArray[np.float32]:
        maps = array.reshape(out_features, spec.channels, spec.height, spec.width)
        return maps.transpose(0, 2, 3, 1).reshape(out_features, 1, 1, in_features)

    weights = _weights(weight, bias, to_nhwc)
    operator = FullyConnected(name, (input.tensor,), name, in_features, out_features, weights=weights)
    return recorder.append(operator, (1, 1, out_features), (1, out_features))


def _addmm(recorder: Recorder, input: Tensor, mat1: Traced, mat2: Tensor) -> Traced:
    return _linear(recorder, mat1, mat2.t(), input)


def _batch_norm(  # noqa: PLR0917 - PyTorch's own argument order
    recorder: Recorder,
    input: Traced,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
    cudnn_enabled: bool = True,
) -> Traced:
    if running_mean is None or running_var is None:
        recorder.fail("batch normalisation without running statistics cannot be folded")
    spec = recorder.spec(input)
    if input.ndim == 2 and spec.height * spec.width > 1:
        recorder.fail("batch normalisation of a flattened map has no operator in the graph")
    scale = shift = None
    if not running_mean.is_meta:
        mean, variance = _double(running_mean), _double(running_var)
        scale = (np.ones_like(mean) if weight is None else _double(weight)) / np.sqrt(variance + eps)
        shift = (np.zeros_like(mean) if bias is None else _double(bias)) - mean * scale
    name = recorder.new_name("batch_norm", running_mean if weight is None else weight)
    operator = Normalization(name, (input.tensor,), name, scale, shift)
    return recorder.append(operator, (spec.height, spec.width, spec.channels), input.shape)


def _functional_batch_norm(  # noqa: PLR0917 - PyTorch's own argument order
    recorder: Recorder,
    input: Traced,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Traced:
    return _batch_norm(recorder, input, weight, bias, running_mean, running_var, eps=eps)


def _native_batch_norm(  # noqa: PLR0917 - ATen's own argument order
    recorder: Recorder,
    input: Traced,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor,
    running_var: Tensor,
    momentum: float,
    eps: float,
) -> tuple[Traced, None, None]:
    return _batch_norm(recorder, input, weight, bias, running_mean, running_var, eps=eps), None, None


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


def _max_pool(  # noqa: PLR0917 - PyTorch's own argument order
    recorder: Recorder,
    input: Traced,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    dilation: Numbers = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Traced:
    if return_indices or any(step != 1 for step in _spread(dilation, 1)):
        recorder.fail("max pooling with dilation or indices has no operator in the graph")
    window = _pool_window(recorder, input, kernel_size, stride, padding=padding, ceil_mode=ceil_mode)
    name = recorder.new_name("max_pool")
    channels = recorder.spec(input).channels
    return _windowed(recorder, MaxPool2d(name, (input.tensor,), name, window), input, window, channels)


def _max_pool_with_indices(recorder: Recorder, input: Traced, *window: Any) -> tuple[Traced, None]:
    return _max_pool(recorder, input, *window), None


def _average_pool(  # noqa: PLR0917 - PyTorch's own argument order
    recorder: Recorder,
    input: Traced,
    kernel_size: Numbers,
    stride: Numbers | None = None,
    padding: Numbers = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Traced:
    window = _pool_window(recorder, input, kernel_size, stride, padding=padding, ceil_mode=ceil_mode)
    if any(window.padding) or divisor_override is not None:
        recorder.fail("average pooling with padding or its own divisor has no operator in the graph")
    return _averaged(recorder, input, window)


def _adaptive_average_pool(recorder: Recorder, input: Traced, output_size: int | Sequence[int | None]) -> Traced:
    _need_map(recorder, input, "pooling")
    spec = recorder.spec(input)
    extent = (spec.height, spec.width)
    wanted = _pair(_spread(output_size, input.ndim - 2), 1)
    sizes = [have if want is None else want for have, want in zip(extent, wanted, strict=True)]
    if any(have % want for have, want in zip(extent, sizes, strict=True)):
        recorder.fail(f"adaptive pooling from {extent} to {tuple(sizes)} pixels has windows of unequal size")
    kernel = (extent[0] // sizes[0], extent[1] // sizes[1])
    return _averaged(recorder, input, Window(kernel, kernel, (0, 0, 0, 0)))


def _mean(
    recorder: Recorder, input: Traced, dim: Numbers | None = None, keepdim: bool = False, dtype: object = None
) -> Traced:
    _need_map(recorder, input, "a mean")
    axes = sorted(axis % input.ndim for axis in _spread(dim, 1)) if dim is not None else [0]
    if not axes or axes[0] < 2:
        recorder.fail(f"a mean over dimensions {dim} has no operator in the graph; only one over space has")
    spec = recorder.spec(input)
    kernel = (
        spec.height if input.ndim == 4 and 2 in axes else 1,
        spec.width if input.ndim - 1 in axes else 1,
    )
    pooled = _averaged(recorder, input, Window(kernel, kernel, (0, 0, 0, 0)))
    kept = [size for axis, size in enumerate(pooled.shape) if axis not in axes]
    return pooled if keepdim else pooled.viewed(kept)


def _averaged(recorder: Recorder, input: Traced, window: Window) -> Traced:
    if window.kernel == window.stride == (1, 1):
        return input
    name = recorder.new_name("average_pool")
    channels = recorder.spec(input).channels
    return _windowed(recorder, AveragePool2d(name, (input.tensor,), name, window), input, window, channels)


def _flatten(recorder: Recorder, input: Traced, start_dim: int = 0, end_dim: int = -1) -> Traced:
    start, end = start_dim % input.ndim, end_dim % input.ndim
    shape = (*input.shape[:start], input.shape[start : end + 1].numel(), *input.shape[end + 1 :])
    return _reshape(recorder, input, shape)


def _reshape(recorder: Recorder, input: Traced, *shape: Any) -> Traced:
    sizes = [int(size) for size in (shape[0] if isinstance(shape[0], list | tuple) else shape)]
    if sizes.count(-1) == 1:
        sizes[sizes.index(-1)] = input.numel() // -math.prod(sizes)
    spec = recorder.spec(input)
    known = {(1, spec.elements), (1, spec.channels, spec.height, spec.width)}
    if spec.height == 1:
        known.add((1, spec.channels, spec.width))
    if tuple(sizes) not in known:
        recorder.fail(f"a view of {tuple(input.shape)} as {tuple(sizes)} has no operator in the graph; flattening has")
    return input.viewed(sizes)


def _squeeze(recorder: Recorder, input: Traced, dim: Numbers | None = None) -> Traced:
    if dim is None:
        recorder.fail("a squeeze of all dimensions would drop the batch; name the dimension")
    axes = [axis % input.ndim for axis in _spread(dim, 1)]
    return _reshape(recorder, input, [size for axis, size in enumerate(input.shape) if axis not in axes or size != 1])


def _unsqueeze(recorder: Recorder, input: Traced, dim: int) -> Traced:
    sizes = list(input.shape)
    sizes.insert(dim % (input.ndim + 1), 1)
    return _reshape(recorder, input, sizes)


def _interpolate(
    recorder: Recorder,
    input: Traced,
    size: Numbers | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    **options: object,
) -> Traced:
    if mode != "nearest" or input.ndim != 4:
        recorder.fail(f"upsampling by {mode} of {tuple(input.shape)} has no operator in the graph; nearest on maps has")
    return _upsample(recorder, input, size, scale_factor)


def _upsample(
    recorder: Recorder, input: Traced, output_size: Numbers | None, scale_factors: float | Sequence[float] | None = None
) -> Traced:
    spec = recorder.spec(input)
    if output_size is None:
        factors = [float(factor) for factor in _spread(scale_factors, 2)]
    else:
        factors = [have / old for have, old in zip(_spread(output_size, 2), (spec.height, spec.width), strict=True)]
    factor = int(factors[0])
    if factors != [factor, factor] or factor < 1:
        recorder.fail(f"upsampling by {factors}; the factor must be one whole number")
    name = recorder.new_name("upsample")
    extent = (spec.height * factor, spec.width * factor, spec.channels)
    operator = UpsampleNearest(name, (input.tensor,), name, factor)
    return recorder.append(operator, extent, (1, extent[2], extent[0], extent[1]))


def _pad(
    recorder: Recorder, input: Traced, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Traced:
    _need_map(recorder, input, "padding")
    sides = [*pad, *[0] * 4][:4]
    if mode != "constant" or value not in (None, 0) or len(pad) > 2 * (input.ndim - 2) or min(sides) < 0:
        recorder.fail(f"padding {tuple(pad)} of mode {mode} with {value} cannot be lowered; zeros around the map can")
    recorder.padded = True
    left, right, top, bottom = sides
    old = input.padding
    padding = (old[0] + top, old[1] + left, old[2] + bottom, old[3] + right)
    shape = list(input.shape)
    shape[-1] += left + right
    if input.ndim == 4:
        shape[-2] += top + bottom
    return Traced(recorder, input.storage, tuple(shape), padding)


def _constant_pad(recorder: Recorder, input: Traced, pad: Sequence[int], value: float = 0) -> Traced:
    return _pad(recorder, input, pad, value=value)


def _unchanged(recorder: Recorder, input: Traced, *options: object, **more: object) -> Traced:
    return input


def _rectified(recorder: Recorder, input: Traced, activation: Activation) -> Traced:
    spec = recorder.spec(input)
    name = recorder.new_name(activation.value)
    operator = Rectifier(name, (input.tensor,), name, activation)
    return recorder.append(operator, (spec.height, spec.width, spec.channels), input.shape)


def _windowed(recorder: Recorder, operator: Any, input: Traced, window: Window, channels: int) -> Traced:
    spec = recorder.spec(input)
    top, left, bottom, right = window.padding
    height = (spec.height + top + bottom - window.kernel[0]) // window.stride[0] + 1
    width = (spec.width + left + right - window.kernel[1]) // window.stride[1] + 1
    shape = (1, channels, height, width) if input.ndim == 4 else (1, channels, width)
    return recorder.append(operator, (height, width, channels), shape)


def _pool_window(
    recorder: Recorder,
    input: Traced,
    kernel_size: Numbers,
    stride: Numbers | None,
    *,
    padding: Numbers,
    ceil_mode: bool,
) -> Window:
    _need_map(recorder, input, "pooling")
    dimensions = input.ndim - 2
    kernel = _pair(_spread(kernel_size, dimensions), 1)
    given = _spread(stride, dimensions) if stride not in (None, (), []) else ()
    strides = _pair(given, 1) if given else kernel
    top, left = _pair(_spread(padding, dimensions), 0)
    bottom, right = top, left
    if ceil_mode:
        spec = recorder.spec(input)
        bottom += _ceil_padding(spec.height, top, kernel[0], strides[0])
        right += _ceil_padding(spec.width, left, kernel[1], strides[1])
    return Window(kernel, strides, (top, left, bottom, right))


def _ceil_padding(size: int, padding: int, kernel: int, stride: int) -> int:
    """Give the rows PyTorch's `ceil_mode` adds; a window that would start in them is left out, as there."""
    rest = (size + 2 * padding - kernel) % stride
    if rest == 0:
        return 0
    count = (size + 2 * padding - kernel) // stride + 2
    return stride - rest if (count - 1) * stride < size + padding else 0


def _padding(
    input: Traced, padding: Numbers | str, kernel: tuple[int, int], dimensions: int
) -> tuple[int, int, int, int]:
    if padding == "same":
        before = ((kernel[0] - 1) // 2, (kernel[1] - 1) // 2)
        after = (kernel[0] // 2, kernel[1] // 2)
    else:
        before = after = (0, 0) if isinstance(padding, str) else _pair(_spread(padding, dimensions), 0)
    top, left, bottom, right = input.padding
    return (top + before[0], left + before[1], bottom + after[0], right + after[1])


def _need_map(recorder: Recorder, input: object, what: str) -> None:
    if not isinstance(input, Traced) or input.ndim not in (3, 4):
        shape = tuple(input.shape) if isinstance(input, Traced | Tensor) else type(input).__name__
        recorder.fail(f"{what} of {shape} has no operator in the graph")


def _spread(value: Any, dimensions: int) -> tuple[Any, ...]:
    values = tuple(value) if isinstance(value, list | tuple | torch.Size) else (value,)
    return values * dimensions if len(values) == 1 else values


def _pair(values: Sequence[Any], first: int) -> tuple[int, int]:
    """Give height and width; a series has height 1 and takes `first` there."""
    return (values[0], values[1]) if len(values) == 2 else (first, values[0])


def _weights(weight: Tensor, bias: Tensor | None, arrange: Handler) -> FloatWeights | None:
    if weight.is_meta:
        return None
    array = np.ascontiguousarray(arrange(weight.detach().cpu().float().numpy()))
    offsets = np.zeros(weight.shape[0], np.float32) if bias is None else bias.detach().cpu().float().numpy().copy()
    return FloatWeights(array, offsets)


def _double(values: Tensor) -> NDArray[np.float64]:
    return values.detach().cpu().double().numpy()


FUNCTIONS: Mapping[str, Handler] = MappingProxyType(
    {
        "conv1d": _convolution,
        "conv2d": _convolution,
        "convolution": _aten_convolution,
        "linear": _linear,
        "addmm": _addmm,
        "batch_norm": _batch_norm,
        "functional_batch_norm": _functional_batch_norm,
        "_native_batch_norm_legit_no_training": _native_batch_norm,
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
        "max_pool1d": _max_pool,
        "max_pool2d": _max_pool,
        "max_pool2d_with_indices": _max_pool_with_indices,
        "avg_pool1d": _average_pool,
        "avg_pool2d": _average_pool,
        "adaptive_avg_pool1d": _adaptive_average_pool,
        "adaptive_avg_pool2d": _adaptive_average_pool,
        "_adaptive_avg_pool2d": _adaptive_average_pool,
        "mean": _mean,
        "flatten": _flatten,
        "view": _reshape,
        "reshape": _reshape,
        "squeeze": _squeeze,
        "unsqueeze": _unsqueeze,
        "interpolate": _interpolate,
        "upsample_nearest2d": _upsample,
        "pad": _pad,
        "constant_pad_nd": _constant_pad,
        "dropout": _unchanged,
        "dropout1d": _unchanged,
        "dropout2d": _unchanged,
        "feature_dropout": _unchanged,
        "alpha_dropout": _unchanged,
        "contiguous": _unchanged,
        "detach": _unchanged,
        "clone": _unchanged,
        "alias": _unchanged,
        "float": _unchanged,
        "to": _unchanged,
    }
)
"""By the function's name; a trailing underscore (in place) is taken off first."""
