"""Structured pruning of a trained prototype: cuts real channels to exact counts, least important first.

The search builds pruned networks directly; here a trained one is cut until it has exactly those shapes. What must be
cut together (residual streams, depthwise layers, concatenations) is torch-pruning's dependency graph's to say.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum

import torch
import torch_pruning as tp
from torch import Tensor, nn

from prototypenas.errors import ConfigurationError
from prototypenas.prototype import ChannelDimension, Prototype


class Importance(Enum):
    """How much a channel matters: the mean over all layers that would lose it."""

    MAGNITUDE = "magnitude"
    """L1 norm of the weights."""
    TAYLOR = "taylor"
    """Weights times gradients, so a backward pass must have left gradients."""
    BN_SCALE = "bn_scale"
    """Absolute scale of the batch normalisation."""


@dataclass(frozen=True)
class Cut:
    """What one pruning step left, so that optimizer state and copies of the weights can follow."""

    dimensions: Mapping[str, tuple[int, ...]]
    """Kept channels of every cut dimension by its name, ascending, counted before this step."""
    tensors: Mapping[str, Mapping[int, Tensor]]
    """Kept indices of every cut parameter and buffer: its state dict key, then the axis."""

    def apply(self, name: str, tensor: Tensor) -> Tensor:
        """Cut a tensor shaped like the parameter `name` before this step: its momentum, its average."""
        for axis, kept in self.tensors.get(name, {}).items():
            tensor = tensor.index_select(axis, kept.to(tensor.device))
        return tensor


def prune_to(
    model: Prototype,
    kept: Mapping[str, int],
    example_inputs: Tensor,
    *,
    importance: Importance = Importance.MAGNITUDE,
) -> Cut:
    """Cut the named dimensions of `model` in place to `kept` channels each, and update `model.dimensions`.

    Dimensions not named stay. Parameters are replaced by new ones (gradients are cut along), so an optimizer must
    take the new ones over. `example_inputs` `(N, *input_shape)` on the model's device; only its shape matters.

    Raises:
        ConfigurationError: if a name is unknown, a count is below 1 or above what is there, or the importance has
            nothing to judge by.
    """
    todo = [dimension for dimension in _checked(model, kept) if kept[dimension.name] < dimension.kept]
    if not todo:
        return Cut({}, {})
    modules = dict(model.named_modules())
    graph = _dependency_graph(model, example_inputs)
    ledger = _Ledger(model, graph)
    dimensions = {}
    for dimension in todo:
        group = graph.get_pruning_group(
            modules[dimension.root], tp.prune_conv_out_channels, list(range(dimension.kept))
        )
        order = torch.argsort(_scores(group, dimension, importance), stable=True)
        removed = sorted(order[: dimension.kept - kept[dimension.name]].tolist())
        cut = graph.get_pruning_group(modules[dimension.root], tp.prune_conv_out_channels, removed)
        ledger.record(cut)
        cut.prune()
        dimensions[dimension.name] = tuple(sorted(set(range(dimension.kept)) - set(removed)))
    model.dimensions = tuple(replace(old, kept=kept.get(old.name, old.kept)) for old in model.dimensions)
    return Cut(dimensions, ledger.kept)


def _checked(model: Prototype, kept: Mapping[str, int]) -> Iterator[ChannelDimension]:
    known = {dimension.name: dimension for dimension in model.dimensions}
    for name, count in kept.items():
        if name not in known:
            raise ConfigurationError(f"there is no dimension {name!r}; the model has {', '.join(known)}")
        if not 1 <= count <= known[name].kept:
            raise ConfigurationError(f"cannot keep {count} channels of {name}; it has {known[name].kept}")
        yield known[name]


def _dependency_graph(model: Prototype, example_inputs: Tensor) -> tp.DependencyGraph:
    with _modes_restored(model), torch.enable_grad():
        return tp.DependencyGraph().build_dependency(
            model, example_inputs, forward_fn=lambda network, inputs: network(inputs), verbose=False
        )


@contextmanager
def _modes_restored(model: nn.Module) -> Iterator[None]:
    modes = {module: module.training for module in model.modules()}
    try:
        yield
    finally:
        for module, training in modes.items():
            module.training = training


def _scores(group: tp.Group, dimension: ChannelDimension, importance: Importance) -> Tensor:
    judges = {
        Importance.MAGNITUDE: tp.importance.MagnitudeImportance(p=1, normalizer=None),
        Importance.TAYLOR: tp.importance.TaylorImportance(normalizer=None),
        Importance.BN_SCALE: tp.importance.BNScaleImportance(normalizer=None),
    }
    if importance is Importance.TAYLOR and group[0].dep.layer.weight.grad is None:
        raise ConfigurationError(f"{dimension.name} has no gradients; Taylor importance needs a backward pass first")
    scores: Tensor | None = judges[importance](group)
    if scores is None or len(scores) != dimension.kept:
        raise ConfigurationError(f"{importance.value} importance finds nothing to judge {dimension.name} by")
    return scores


class _Ledger:
    """Follows which original indices of every tensor survive several cuts."""

    def __init__(self, model: Prototype, graph: tp.DependencyGraph) -> None:
        self.kept: dict[str, dict[int, Tensor]] = {}
        self._paths = {module: path for path, module in model.named_modules()}
        self._graph = graph

    def record(self, group: tp.Group) -> None:
        """Note the cuts that `group` is about to make."""
        for item in group:
            layer, indices = item.dep.layer, item.idxs
            if not isinstance(layer, (nn.modules.conv._ConvNd, nn.modules.batchnorm._BatchNorm, nn.Linear)):
                continue
            axis = 0 if self._graph.is_out_channel_pruning_fn(item.dep.handler) else 1
            for name, tensor in layer.state_dict(keep_vars=True).items():
                if axis < tensor.dim():
                    self._cut(f"{self._paths[layer]}.{name}", axis, tensor.shape[axis], indices)

    def _cut(self, name: str, axis: int, size: int, removed: list[int]) -> None:
        axes = self.kept.setdefault(name, {})
        before = axes.get(axis, torch.arange(size))
        survives = torch.ones(size, dtype=torch.bool)
        survives[removed] = False
        axes[axis] = before[survives]
