"""Records convolutions, linear layers and normalisation: what has weights."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from prototypenas.graph.graph import Conv2d, DepthwiseConv2d, FloatWeights, FullyConnected, Window
from prototypenas.graph.recording import Normalization
from prototypenas.graph.traced_windows import Numbers, append_window, height_and_width, need_map, spread
from prototypenas.graph.tracing import Handler, Recorder, Traced


def trace_convolution(  # noqa: PLR0917 - PyTorch's own argument order
    recorder: Recorder,
    input: Traced,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Numbers = 1,
    padding: Numbers | str = 0,
    dilation: Numbers = 1,
    groups: int = 1,
) -> Traced:
    """Record `conv1d` or `conv2d`: dense, or depthwise where every channel is a group."""
    need_map(recorder, input, "a convolution")
    kernel = height_and_width(weight.shape[2:], 1)
    strides = height_and_width(spread(stride, weight.dim() - 2), 1)
    steps = height_and_width(spread(dilation, weight.dim() - 2), 1)
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


def trace_aten_convolution(  # noqa: PLR0917 - PyTorch's own argument order
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
    """Record ATen's general convolution, as decomposed exported programs call it."""
    if transposed:
        recorder.fail("transposed convolution has no operator in the graph")
    return trace_convolution(recorder, input, weight, bias, stride, padding, dilation, groups)


def trace_linear(recorder: Recorder, input: Traced, weight: Tensor, bias: Tensor | None = None) -> Traced:
    """Record `linear`, its weight reordered from flattened `(C, H, W)` to `(H, W, C)`."""
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


def trace_addmm(recorder: Recorder, input: Tensor, mat1: Traced, mat2: Tensor) -> Traced:
    """Record `addmm`, a decomposed linear layer."""
    return trace_linear(recorder, mat1, mat2.t(), input)


def trace_batch_norm(  # noqa: PLR0917 - PyTorch's own argument order
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
    """Record `torch.batch_norm` in evaluation as a scale and a shift of each channel."""
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


def trace_functional_batch_norm(  # noqa: PLR0917 - PyTorch's own argument order
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
    """Record `torch.nn.functional.batch_norm`, whose arguments come in another order."""
    return trace_batch_norm(recorder, input, weight, bias, running_mean, running_var, eps=eps)


def trace_native_batch_norm(  # noqa: PLR0917 - PyTorch's own argument order
    recorder: Recorder,
    input: Traced,
    weight: Tensor | None,
    bias: Tensor | None,
    running_mean: Tensor,
    running_var: Tensor,
    momentum: float,
    eps: float,
) -> tuple[Traced, None, None]:
    """Record batch normalisation as decomposed exported programs call it."""
    return trace_batch_norm(recorder, input, weight, bias, running_mean, running_var, eps=eps), None, None


def _dense(recorder: Recorder, input: Traced, weight: Tensor, bias: Tensor | None, window: Window) -> Traced:
    name = recorder.new_name("convolution", weight)
    out_channels, in_channels = weight.shape[:2]
    shape = (out_channels, in_channels, *window.kernel)
    weights = _weights(weight, bias, lambda array: array.reshape(shape).transpose(0, 2, 3, 1))
    operator = Conv2d(name, (input.tensor,), name, window, in_channels, out_channels, weights=weights)
    return append_window(recorder, operator, input, window, out_channels)


def _depthwise(recorder: Recorder, input: Traced, weight: Tensor, bias: Tensor | None, window: Window) -> Traced:
    name = recorder.new_name("convolution", weight)
    channels = weight.shape[0]
    weights = _weights(weight, bias, lambda array: array.reshape(channels, *window.kernel).transpose(1, 2, 0))
    operator = DepthwiseConv2d(name, (input.tensor,), name, window, channels, weights=weights)
    return append_window(recorder, operator, input, window, channels)


def _padding(
    input: Traced, padding: Numbers | str, kernel: tuple[int, int], dimensions: int
) -> tuple[int, int, int, int]:
    if padding == "same":
        before = ((kernel[0] - 1) // 2, (kernel[1] - 1) // 2)
        after = (kernel[0] // 2, kernel[1] // 2)
    else:
        before = after = (0, 0) if isinstance(padding, str) else height_and_width(spread(padding, dimensions), 0)
    top, left, bottom, right = input.padding
    return (top + before[0], left + before[1], bottom + after[0], right + after[1])


def _weights(weight: Tensor, bias: Tensor | None, arrange: Handler) -> FloatWeights | None:
    if weight.is_meta:
        return None
    array = np.ascontiguousarray(arrange(weight.detach().cpu().float().numpy()))
    offsets = np.zeros(weight.shape[0], np.float32) if bias is None else bias.detach().cpu().float().numpy().copy()
    return FloatWeights(array, offsets)


def _double(values: Tensor) -> NDArray[np.float64]:
    return values.detach().cpu().double().numpy()
