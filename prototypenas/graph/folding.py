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

from prototypenas.graph.graph import Graph
from prototypenas.graph.operator import Operator, Step
from prototypenas.graph.operators.concat import Concat
from prototypenas.graph.operators.depth_to_space import DepthToSpace
from prototypenas.graph.operators.depthwise_conv2d import DepthwiseConv2d
from prototypenas.graph.operators.requantize import Requantize
from prototypenas.graph.recording import ForwardPass, Normalization, Rectifier
from prototypenas.graph.sliding import POINT
from prototypenas.graph.tensors import Activation, FloatWeights

T = TypeVar("T")
Channels = NDArray[np.int64]


def fold(recording: ForwardPass) -> Graph:
    """Return the graph of a recording, without normalisation and rectifiers."""
    folding = _Folding(recording)
    for operator in _used(recording):
        folding.add(operator)
    return folding.graph()


class _Folding:
    """The operators kept so far, by their output, while later ones are folded into them."""

    def __init__(self, recording: ForwardPass) -> None:
        self.recording = recording
        self.kept: dict[str, Operator] = {}
        self.renamed: dict[str, str] = {}
        self.readers = Counter(recording.outputs)
        for operator in _used(recording):
            self.readers.update(operator.inputs)

    def add(self, operator: Step) -> None:
        inputs = tuple(self.renamed.get(name, name) for name in operator.inputs)
        if isinstance(operator, Normalization):
            self._add_normalization(operator, inputs[0])
        elif isinstance(operator, Rectifier):
            self._add_rectifier(operator, inputs[0])
        elif isinstance(operator, Operator):
            self.kept[operator.output] = operator if inputs == operator.inputs else replace(operator, inputs=inputs)

    def graph(self) -> Graph:
        recording = self.recording
        outputs = tuple(self.renamed.get(name, name) for name in recording.outputs)
        tensors = {name: recording.tensors[name] for name in (recording.input, *self.kept)}
        return Graph(
            recording.input_shape, tensors, tuple(self.kept.values()), recording.input, outputs, tuple(recording.notes)
        )

    def _add_normalization(self, operator: Normalization, source: str) -> None:
        takers = self._normalization_takers(source, np.arange(self.recording.tensors[source].channels))
        if takers is None:
            self.kept[operator.output] = _as_depthwise(operator, source, self.recording.tensors[source].channels)
            return
        if operator.scale is not None and operator.shift is not None:
            for name, channels in takers:
                scaled = self.kept[name].normalized(operator.scale[channels], operator.shift[channels])
                assert scaled is not None
                self.kept[name] = scaled
        self._rename(operator.output, source)

    def _add_rectifier(self, operator: Rectifier, source: str) -> None:
        takers = self._rectifier_takers(source, operator.activation)
        if takers is None:
            self.kept[operator.output] = Requantize(operator.name, (source,), operator.output, operator.activation)
            return
        for name in takers:
            rectified = self.kept[name].rectified(operator.activation)
            assert rectified is not None
            self.kept[name] = rectified
        self._rename(operator.output, source)

    def _rename(self, tensor: str, source: str) -> None:
        """Let `source` stand for `tensor`, its only reader's output, and inherit the readers."""
        self.renamed[tensor] = source
        self.readers[source] += self.readers[tensor] - 1

    def _normalization_takers(self, tensor: str, channels: Channels) -> list[tuple[str, Channels]] | None:
        """Return the weighted operators behind `tensor`, and which channel of the normalisation is each of theirs.

        `channels` are those of `tensor`. None if an operator cannot take it.
        """
        producer = self.kept.get(tensor)
        if producer is None or self.readers[tensor] != 1:
            return None
        if producer.normalized(None, None) is not None:
            return [(tensor, channels)]
        if producer.passes_normalization and producer.fused is Activation.NONE:
            return self._normalization_takers(producer.inputs[0], channels)
        if isinstance(producer, Concat):
            ends = np.cumsum([self.recording.tensors[name].channels for name in producer.inputs])
            parts = zip(producer.inputs, np.split(channels, ends[:-1]), strict=True)
            return _joined([self._normalization_takers(name, part) for name, part in parts])
        if isinstance(producer, DepthToSpace):
            return self._normalization_takers(producer.inputs[0], np.tile(channels, producer.window.taps))
        return None

    def _rectifier_takers(self, tensor: str, activation: Activation) -> list[str] | None:
        """Return the operators behind `tensor` that must clamp, none for those that do, or None if one cannot."""
        producer = self.kept.get(tensor)
        alone = self.readers[tensor] == 1
        if producer is None:
            return None
        if producer.copies_bytes:
            takers = _joined([self._rectifier_takers(name, activation) for name in producer.inputs])
            return takers if alone or not takers else None
        rectified = producer.rectified(activation)
        if rectified is not None and rectified.fused is producer.fused:
            return []
        return [tensor] if alone and rectified is not None else None


def _used(recording: ForwardPass) -> list[Step]:
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


def _as_depthwise(operator: Normalization, source: str, channels: int) -> DepthwiseConv2d:
    weights = None
    if operator.scale is not None and operator.shift is not None:
        weight = operator.scale.astype(np.float32).reshape(1, 1, channels)
        weights = FloatWeights(weight, operator.shift.astype(np.float32))
    return DepthwiseConv2d(operator.name, (source,), operator.output, POINT, channels, weights=weights)
