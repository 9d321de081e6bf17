"""Removes what costs nothing on the target: unused operators, normalisation and rectifiers that a producer absorbs.

Normalisation is scaled into the convolution or linear layer before it, through concatenations, average pooling and
upsampling as well; where none can take it, it becomes a 1x1 depthwise convolution, which is the same function.
A rectifier goes the same way, through max pooling too, and becomes a `Requantize` where none can take it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from prototypenas.graph.graph import (
    Activation,
    Add,
    AveragePool2d,
    Concat,
    Conv2d,
    DepthwiseConv2d,
    FloatWeights,
    FullyConnected,
    Graph,
    MaxPool2d,
    Operator,
    Requantize,
    UpsampleNearest,
    Window,
)
from prototypenas.graph.recording import Normalization, Recording, Rectifier

T = TypeVar("T")
Weighted = Conv2d | DepthwiseConv2d | FullyConnected
Rectifying = Conv2d | DepthwiseConv2d | FullyConnected | Add | AveragePool2d | Requantize


def fold(recording: Recording) -> Graph:
    """Give the graph of a recording, without normalisation and rectifiers."""
    folding = _Folding(recording)
    for operator in _used(recording):
        folding.add(operator)
    return folding.graph()


class _Folding:
    """The operators kept so far, by their output, while later ones are folded into them."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.kept: dict[str, Operator] = {}
        self.renamed: dict[str, str] = {}
        self.readers = Counter(recording.outputs)
        for operator in _used(recording):
            self.readers.update(operator.inputs)

    def add(self, operator: Operator) -> None:
        inputs = tuple(self.renamed.get(name, name) for name in operator.inputs)
        if isinstance(operator, Normalization):
            self._add_normalization(operator, inputs[0])
        elif isinstance(operator, Rectifier):
            self._add_rectifier(operator, inputs[0])
        else:
            self.kept[operator.output] = operator if inputs == operator.inputs else replace(operator, inputs=inputs)

    def graph(self) -> Graph:
        recording = self.recording
        outputs = tuple(self.renamed.get(name, name) for name in recording.outputs)
        tensors = {name: recording.tensors[name] for name in (recording.input, *self.kept)}
        return Graph(recording.input_shape, tensors, tuple(self.kept.values()), recording.input, outputs)

    def _add_normalization(self, operator: Normalization, source: str) -> None:
        takers = self._normalization_takers(source, 0)
        if takers is None:
            self.kept[operator.output] = _as_depthwise(operator, source, self.recording.tensors[source].channels)
            return
        if operator.scale is not None and operator.shift is not None:
            for name, start in takers:
                part = slice(start, start + self.recording.tensors[name].channels)
                self.kept[name] = _scaled(self.kept[name], operator.scale[part], operator.shift[part])
        self._rename(operator.output, source)

    def _add_rectifier(self, operator: Rectifier, source: str) -> None:
        takers = self._rectifier_takers(source, operator.activation)
        if takers is None:
            self.kept[operator.output] = Requantize(operator.name, (source,), operator.output, operator.activation)
            return
        for name in takers:
            producer = self.kept[name]
            assert isinstance(producer, Rectifying)
            self.kept[name] = replace(producer, activation=_combined(producer.activation, operator.activation))
        self._rename(operator.output, source)

    def _rename(self, tensor: str, source: str) -> None:
        """Let `source` stand for `tensor`, its only reader's output, and inherit the readers."""
        self.renamed[tensor] = source
        self.readers[source] += self.readers[tensor] - 1

    def _normalization_takers(self, tensor: str, start: int) -> list[tuple[str, int]] | None:
        """Give the weighted operators behind `tensor` and their first channel, or None if one cannot take it."""
        producer = self.kept.get(tensor)
        if self.readers[tensor] != 1:
            return None
        match producer:
            case Conv2d() | DepthwiseConv2d() | FullyConnected() if producer.activation is Activation.NONE:
                return [(tensor, start)]
            case AveragePool2d(activation=Activation.NONE) | UpsampleNearest():
                return self._normalization_takers(producer.inputs[0], start)
            case Concat():
                starts = np.cumsum([0, *(self.recording.tensors[name].channels for name in producer.inputs)])
                parts = zip(producer.inputs, starts, strict=False)
                return _joined([self._normalization_takers(name, start + int(offset)) for name, offset in parts])
            case _:
                return None

    def _rectifier_takers(self, tensor: str, activation: Activation) -> list[str] | None:
        """Give the operators behind `tensor` that must clamp, none for those that do, or None if one cannot."""
        producer = self.kept.get(tensor)
        alone = self.readers[tensor] == 1
        match producer:
            case _ if isinstance(producer, Rectifying):
                if _combined(producer.activation, activation) is producer.activation:
                    return []
                return [tensor] if alone else None
            case MaxPool2d() | Concat() | UpsampleNearest():
                takers = _joined([self._rectifier_takers(name, activation) for name in producer.inputs])
                return takers if alone or not takers else None
            case _:
                return None


def _used(recording: Recording) -> list[Operator]:
    wanted = set(recording.outputs)
    used = []
    for operator in reversed(recording.operators):
        if operator.output in wanted:
            wanted.update(operator.inputs)
            used.append(operator)
    return used[::-1]


def _joined(parts: Sequence[list[T] | None]) -> list[T] | None:
    joined: list[T] = []
    for part in parts:
        if part is None:
            return None
        joined += part
    return joined


def _combined(first: Activation, second: Activation) -> Activation:
    if Activation.RELU6 in (first, second):
        return Activation.RELU6
    return second if first is Activation.NONE else first


def _scaled(operator: Operator, scale: NDArray[np.float64], shift: NDArray[np.float64]) -> Operator:
    assert isinstance(operator, Weighted)
    weights = operator.weights
    if not isinstance(weights, FloatWeights):
        return operator
    factors = scale if isinstance(operator, DepthwiseConv2d) else scale[:, None, None, None]
    weight = (weights.weight * factors).astype(np.float32)
    bias = (weights.bias * scale + shift).astype(np.float32)
    return replace(operator, weights=FloatWeights(weight, bias))


def _as_depthwise(operator: Normalization, source: str, channels: int) -> DepthwiseConv2d:
    weights = None
    if operator.scale is not None and operator.shift is not None:
        weight = operator.scale.astype(np.float32).reshape(1, 1, channels)
        weights = FloatWeights(weight, operator.shift.astype(np.float32))
    window = Window((1, 1), (1, 1), (0, 0, 0, 0))
    return DepthwiseConv2d(operator.name, (source,), operator.output, window, channels, weights=weights)
