"""Records batch normalisation, which `folding` scales into the weights before it."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from prototypenas.graph.recording import Normalization
from prototypenas.graph.tracing import Handler, Recorder, Traced


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


def _double(values: Tensor) -> NDArray[np.float64]:
    return values.detach().cpu().double().numpy()


NORMALIZATION_FUNCTIONS: Mapping[str, Handler] = {
    "batch_norm": trace_batch_norm,
    "functional_batch_norm": trace_functional_batch_norm,
    "_native_batch_norm_legit_no_training": trace_native_batch_norm,
}
