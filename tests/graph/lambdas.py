"""Networks of one function, for tests of what records it."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from prototypenas.compression.float_execution import float_outputs
from prototypenas.graph.graph import Graph
from prototypenas.graph.lowering import lower


class Function(nn.Module):
    """A convolution, so that there is an operator, and a function behind it."""

    def __init__(self, function: Callable[[Tensor], Tensor], shape: tuple[int, ...]):
        super().__init__()
        kind = nn.Conv2d if len(shape) == 3 else nn.Conv1d
        self.first, self.function = kind(shape[0], shape[0], 1), function

    def forward(self, inputs: Tensor) -> Tensor:
        return self.function(self.first(inputs))


def lowered(function: Callable[[Tensor], Tensor], shape: tuple[int, ...] = (4, 6, 6)) -> Graph:
    """Lower it, and see that the graph computes what PyTorch does."""
    torch.manual_seed(0)
    network, inputs = Function(function, shape).eval(), torch.randn(2, *shape)
    graph = lower(network, shape)
    (found,) = float_outputs(graph, inputs)
    assert torch.allclose(found, network(inputs), atol=1e-5)
    return graph


def kinds(graph: Graph) -> list[str]:
    """Return the operators' names, the convolution in front left out."""
    return [type(operator).__name__ for operator in graph.operators][1:]
