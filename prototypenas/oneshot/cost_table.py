"""What each candidate of an over-parameterised network costs where it stands, and what a drawn network is expected to.

The latency estimate is a sum over convolutions and linear layers, so that a network costs exactly what its parts do;
the same holds of multiply-accumulates. RAM and ROM do not add up this way.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor, nn

from prototypenas.costing.latency import check_estimated, estimate_latency
from prototypenas.errors import ConfigurationError
from prototypenas.graph.graph import Graph
from prototypenas.graph.lowering import lower
from prototypenas.objectives import COSTS, Objective
from prototypenas.oneshot.supernet import Supernet
from prototypenas.types import InputShape, Target


@dataclass(frozen=True)
class CostTable:
    """Additive costs of the parts of an over-parameterised network."""

    objective: Objective
    """What is counted: estimated milliseconds of latency, or multiply-accumulates."""
    fixed: float
    """Of what every candidate network has: stem and head."""
    edges: tuple[tuple[float, ...], ...]
    """Of each candidate of each edge."""

    @property
    def least(self) -> float:
        """Of the cheapest network."""
        return self.fixed + sum(min(edge) for edge in self.edges)

    @property
    def most(self) -> float:
        """Of the dearest network."""
        return self.fixed + sum(max(edge) for edge in self.edges)

    def of(self, places: Sequence[int]) -> float:
        """Return what the network costs that has these candidates, one an edge."""
        return self.fixed + sum(edge[place] for edge, place in zip(self.edges, places, strict=True))

    def expected(self, probabilities: Sequence[Tensor]) -> Tensor:
        """Return the expectation over networks drawn edge by edge, differentiable by the probabilities."""
        parts = [
            (chances * torch.tensor(costs, dtype=chances.dtype, device=chances.device)).sum()
            for chances, costs in zip(probabilities, self.edges, strict=True)
        ]
        return torch.stack(parts).sum() + self.fixed

    def check_reachable(self, wanted: float) -> None:
        """Refuse a cost that no network of the space has.

        Raises:
            ConfigurationError: naming the least and the most.
        """
        if not self.least <= wanted <= self.most:
            amount = self.objective.amount
            raise ConfigurationError(
                f"{amount(wanted)} wanted; the networks of this space take {amount(self.least)} to {amount(self.most)}"
            )


def cost_table(supernet: Supernet, input_shape: InputShape, target: Target, objective: str = "latency") -> CostTable:
    """Price every candidate at its place; the weights may be on the meta device.

    Raises:
        ConfigurationError: for another objective than `latency` and `macs`, or a core whose latency is not known.
        LoweringError: if a candidate has no operator in the graph.
    """
    if objective not in _COUNTED:
        raise ConfigurationError(f"{objective!r} does not add up over blocks; {' and '.join(_COUNTED)} do")
    check_estimated([objective], target)
    count = _COUNTED[objective]
    known: dict[tuple[str, InputShape], tuple[float, InputShape]] = {}

    def priced(module: nn.Module, shape: InputShape) -> tuple[float, InputShape]:
        # Equal candidates over equal maps are priced once; an identity has no operator.
        if isinstance(module, nn.Identity):
            return 0.0, shape
        key = (str(module), shape)
        if key not in known:
            graph = lower(module, shape)
            output = graph.tensors[graph.outputs[0]]
            known[key] = (count(graph, target), (output.channels, output.height, output.width))
        return known[key]

    fixed, shape = priced(supernet.stem, input_shape)
    edges = []
    for edge in supernet.edges:
        found = [priced(candidate, shape) for candidate in edge.candidates]
        edges.append(tuple(cost for cost, _ in found))
        shape = found[0][1]
    head = count(lower(supernet.head, shape), target)
    return CostTable(COSTS[objective], fixed + head, tuple(edges))


def _milliseconds(graph: Graph, target: Target) -> float:
    estimate = estimate_latency(graph, target)
    assert estimate is not None  # check_estimated saw to it
    return estimate.latency_ms


def _macs(graph: Graph, target: Target) -> float:
    return float(sum(operator.macs(graph.tensors) for operator in graph.operators))


_COUNTED: Mapping[str, Callable[[Graph, Target], float]] = MappingProxyType({"latency": _milliseconds, "macs": _macs})
