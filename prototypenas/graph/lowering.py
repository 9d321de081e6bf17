"""From a PyTorch module to the graph of operators that everything behind it reads."""

from torch import nn

from prototypenas.errors import LoweringError
from prototypenas.graph.folding import fold
from prototypenas.graph.graph import Graph
from prototypenas.graph.traced_functions import FUNCTIONS
from prototypenas.graph.tracing import trace
from prototypenas.types import InputShape


def lower(module: nn.Module, input_shape: InputShape) -> Graph:
    """Give the graph of a module in evaluation, normalisation folded and rectifiers fused.

    Weights on the meta device give the *shapes* stage, real weights the *float* stage. The module is not changed.
    Known is what `traced_functions` lists; convolutions with groups other than depthwise, dilation and
    transposition are refused, not approximated.

    Raises:
        ConfigurationError: where `input_shape` is neither `(C, H, W)` nor `(C, T)`.
        LoweringError: where a function has no operator; names the function and the module's path.
    """
    graph = fold(trace(module, input_shape, FUNCTIONS))
    if not graph.operators:
        raise LoweringError(f"{type(module).__name__} has no operator: its output is its input")
    return graph
