"""Quantization inside training: a float graph as a module whose evaluation is the integer network itself."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from prototypenas.compression.float_execution import (
    as_map,
    float_weights,
    from_map,
)
from prototypenas.compression.integer_execution import IntegerExecution
from prototypenas.compression.quantization import quantize
from prototypenas.compression.ranges import (
    LEAST_WIDTH,
    RELU6_END,
    Range,
    Ranges,
    join_ranges,
    shared_groups,
)
from prototypenas.graph.graph import Graph, IntegerGraph
from prototypenas.graph.operator import Operator
from prototypenas.graph.requantization import (
    LARGEST_BIAS,
    LARGEST_REAL_MULTIPLIER,
    LEAST_REAL_MULTIPLIER,
    WEIGHT_LIMIT,
)
from prototypenas.graph.tensors import INT8_MAX, INT8_MIN, Activation, FloatWeights
from prototypenas.graph.weighted import TorchWeights, Weighted

DEFAULT_MOMENTUM = 0.05
"""Share of each batch in the moving ranges."""


class FakeQuantizedNetwork(nn.Module):
    """A float-stage graph with quantization in it: folded weights and biases are the parameters.

    In training, weights and tensors are rounded to their int8 steps in float32 with straight-through gradients (zero
    outside the range), and ranges follow the batches until `freeze_ranges`.
    In evaluation, the graph is quantized and run in integers, without gradients: the output equals the simulator's.

    Takes inputs `(N, *graph.input_shape)`; gives one tensor as the original module does, or a list for several outputs.

    Raises:
        QuantizationError: if the graph holds no float weights or a tensor has no range.
    """

    def __init__(self, graph: Graph, ranges: Ranges, *, momentum: float = DEFAULT_MOMENTUM) -> None:
        super().__init__()
        self.graph = graph
        self.momentum = momentum
        self.ranges_frozen = False
        initial = float_weights(graph)
        self._indices = {name: index for index, name in enumerate(initial)}
        self.weights = nn.ParameterList(nn.Parameter(part.weight) for part in initial.values())
        self.biases = nn.ParameterList(nn.Parameter(part.bias) for part in initial.values())
        self._observed = _observed_tensors(graph)
        groups = shared_groups(graph)
        self._group_of = {name: index for index, group in enumerate(groups) for name in group}
        joined = join_ranges(graph, ranges)
        limits = [joined[name] for name in self._observed]
        self.register_buffer("lower", torch.tensor([limit.lower for limit in limits]))
        self.register_buffer("upper", torch.tensor([limit.upper for limit in limits]))
        self.register_buffer(
            "_group", torch.tensor([self._group_of[name] for name in self._observed]), persistent=False
        )
        self.register_buffer("_group_end", _group_ends(graph, groups), persistent=False)
        self._cached: tuple[tuple[int, ...], IntegerExecution] | None = None

    lower: Tensor
    """Moving lower ends of the tensors that operators compute (not copy), in execution order."""
    upper: Tensor
    _group: Tensor
    _group_end: Tensor

    def forward(self, inputs: Tensor) -> Tensor | list[Tensor]:
        """Map inputs `(N, *input_shape)` to what the original module gives."""
        with torch.autocast(inputs.device.type, enabled=False):
            values = as_map(inputs.float(), self.graph.input_shape)
            tensors = self._train_step(values) if self.training else self._evaluate(values)
        outputs = [from_map(tensors[name], self.graph) for name in self.graph.outputs]
        return outputs[0] if len(outputs) == 1 else outputs

    def train(self, mode: bool = True) -> "FakeQuantizedNetwork":
        """Change to training or evaluation; the integer network is made anew either way."""
        self._cached = None
        return super().train(mode)

    def freeze_ranges(self) -> None:
        """Stop following the batches; the rest of the training adapts the weights to fixed ranges."""
        self.ranges_frozen = True

    def ranges(self) -> dict[str, Range]:
        """Return the present range of every tensor, joined: with `to_float_graph`, what `quantize` wants."""
        ends = zip(self._observed, self.lower.tolist(), self.upper.tolist(), strict=True)
        limits = {group: Range(0.0, 0.0) for group in set(self._group_of.values())}
        for name, lower, upper in ends:
            group = self._group_of[name]
            limits[group] = Range(min(limits[group].lower, lower), max(limits[group].upper, upper))
        return join_ranges(self.graph, {name: limits[group] for name, group in self._group_of.items()})

    def to_float_graph(self) -> Graph:
        """Return the graph with the present weights."""
        return replace(self.graph, operators=tuple(self._with_weights(operator) for operator in self.graph.operators))

    def to_integer_graph(self) -> IntegerGraph:
        """Return the quantized graph of the present weights and ranges: what evaluation runs."""
        return quantize(self.to_float_graph(), self.ranges())

    def layers(self, inputs: Tensor) -> dict[str, Tensor]:
        """Return the integers of every tensor `(N, C, H, W)`, as in evaluation."""
        execution = self._execution()
        return execution.run(execution.quantize(self.graph.input, as_map(inputs.float(), self.graph.input_shape)))

    def get_extra_state(self) -> dict[str, bool]:
        """Return what `state_dict` holds beside tensors."""
        return {"ranges_frozen": self.ranges_frozen}

    def set_extra_state(self, state: dict[str, bool]) -> None:
        """Restore what `get_extra_state` gave."""
        self.ranges_frozen = state["ranges_frozen"]

    @torch.no_grad()
    def _evaluate(self, values: Tensor) -> dict[str, Tensor]:
        execution = self._execution()
        tensors = execution.run(execution.quantize(self.graph.input, values), keep=self.graph.outputs)
        return {name: execution.dequantize(name, tensors[name]) for name in self.graph.outputs}

    def _execution(self) -> IntegerExecution:
        # PyTorch counts every change in place in a tensor's version: an optimizer's step or a loaded checkpoint makes
        # the integer network anew, and evaluation over many batches makes it once.
        state = (*self.parameters(), self.lower, self.upper)
        version = tuple(number for tensor in state for number in (tensor.data_ptr(), tensor._version))
        if self._cached is None or self._cached[0] != version:
            self._cached = (version, IntegerExecution(self.to_integer_graph(), self.lower.device))
        return self._cached[1]

    def _train_step(self, values: Tensor) -> dict[str, Tensor]:
        # Rounding has the gradient of the identity within the range and none outside (the straight-through estimator,
        # Bengio et al. 2013; Jacob et al. 2018). The ranges are those of the batches before, fixed as in evaluation.
        steps = self._steps()
        tensors = {self.graph.input: values}
        ends = [_ends(values)]
        tensors[self.graph.input] = _fake_quantized(values, steps[self._group_of[self.graph.input]])
        for operator in self.graph.operators:
            sources = [tensors[name] for name in operator.inputs]
            target = steps[self._group_of[operator.output]]
            output = operator.run(sources, self._fake_weights(operator, target, steps))
            if not operator.copies_bytes:
                ends.append(_ends(output))
                output = _fake_quantized(output, target)
            tensors[operator.output] = output
        if not self.ranges_frozen:
            self._follow(torch.stack(ends))
        return tensors

    @torch.no_grad()
    def _follow(self, ends: Tensor) -> None:
        self.lower.lerp_(ends[:, 0].to(self.lower.dtype), self.momentum)
        self.upper.lerp_(ends[:, 1].to(self.upper.dtype), self.momentum)

    @torch.no_grad()
    def _steps(self) -> list[tuple[Tensor, Tensor]]:
        """Return scale and zero point of each group, on the device: the arithmetic of `join_ranges` without waiting."""
        zeros = torch.zeros_like(self._group_end)
        lower = zeros.scatter_reduce(0, self._group, self.lower, "amin")
        upper = torch.minimum(zeros.scatter_reduce(0, self._group, self.upper, "amax"), self._group_end)
        empty = upper - lower < LEAST_WIDTH
        lower, upper = lower.masked_fill(empty, 0.0), upper.masked_fill(empty, 1.0)
        scale = (upper - lower) / (INT8_MAX - INT8_MIN)
        zero_point = (INT8_MIN - lower / scale).round().clamp(INT8_MIN, INT8_MAX).int()
        return list(zip(scale.unbind(), zero_point.unbind(), strict=True))

    def _fake_weights(
        self, operator: Operator, target: tuple[Tensor, Tensor], steps: Sequence[tuple[Tensor, Tensor]]
    ) -> TorchWeights | None:
        if not isinstance(operator, Weighted):
            return None
        index = self._indices[operator.output]
        weight, bias = self.weights[index], self.biases[index]
        with torch.no_grad():
            source = steps[self._group_of[operator.inputs[0]]][0]
            ratio = target[0] / source
            scale = torch.maximum(weight.flatten(1).abs().amax(1) / WEIGHT_LIMIT, bias.abs() / (source * LARGEST_BIAS))
            scale = torch.minimum(scale.maximum(ratio * LEAST_REAL_MULTIPLIER), ratio * LARGEST_REAL_MULTIPLIER)
            centre = torch.zeros(len(scale), dtype=torch.int32, device=scale.device)
        rounded = torch.fake_quantize_per_channel_affine(weight, scale, centre, 0, -WEIGHT_LIMIT, WEIGHT_LIMIT)
        return TorchWeights(rounded, bias)

    def _with_weights(self, operator: Operator) -> Operator:
        if not isinstance(operator, Weighted):
            return operator
        index = self._indices[operator.output]
        bias = self.biases[index].detach().to("cpu", torch.float32).numpy().copy()
        weight = operator.from_torch(self.weights[index].detach().to("cpu", torch.float32).numpy())
        return operator.with_weights(FloatWeights(weight, bias))


def _observed_tensors(graph: Graph) -> tuple[str, ...]:
    computed = [operator.output for operator in graph.operators if not operator.copies_bytes]
    return (graph.input, *computed)


def _group_ends(graph: Graph, groups: Sequence[Sequence[str]]) -> Tensor:
    capped = {operator.output for operator in graph.operators if operator.fused is Activation.RELU6}
    return torch.tensor([RELU6_END if capped.intersection(group) else float("inf") for group in groups])


def _ends(values: Tensor) -> Tensor:
    return torch.stack(torch.aminmax(values.detach()))


def _fake_quantized(values: Tensor, steps: tuple[Tensor, Tensor]) -> Tensor:
    return torch.fake_quantize_per_tensor_affine(values, steps[0], steps[1], INT8_MIN, INT8_MAX)
