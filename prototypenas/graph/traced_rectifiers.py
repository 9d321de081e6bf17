"""Records rectifiers, which `folding` fuses into the operator before them."""

import math
from collections.abc import Mapping

from prototypenas.graph.recording import Rectifier
from prototypenas.graph.tensors import Activation
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


def _rectified(recorder: Recorder, input: Traced, activation: Activation) -> Traced:
    spec = recorder.spec(input)
    name = recorder.new_name(activation.value)
    operator = Rectifier(name, (input.tensor,), name, activation)
    return recorder.append(operator, (spec.height, spec.width, spec.channels), input.shape)


RECTIFIER_FUNCTIONS: Mapping[str, Handler] = {
    "relu": _relu,
    "relu6": _relu6,
    "hardtanh": _hardtanh,
    "clamp": _clamp,
    "clip": _clamp,
    "clamp_min": _clamp,
}
