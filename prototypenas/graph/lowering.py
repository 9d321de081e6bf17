"""From a PyTorch module to the graph of operators that everything behind it reads."""

from torch import nn

from prototypenas.errors import LoweringError
from prototypenas.graph.folding import fold
from prototypenas.graph.graph import Graph
from prototypenas.graph.traced_functions import FUNCTIONS
from prototypenas.graph.tracing import trace
from prototypenas.types import InputShape

HOPELESS = (
    nn.RNNBase,
    nn.RNNCellBase,
    nn.MultiheadAttention,
    nn.LayerNorm,
    nn.GroupNorm,
    nn.InstanceNorm1d,
    nn.InstanceNorm2d,
    nn.Embedding,
    nn.ConvTranspose3d,
    nn.Conv3d,
    nn.GELU,
    nn.LocalResponseNorm,
)
"""Modules that no operator stands for, so that a refusal can name them all at once."""


def lower(module: nn.Module, input_shape: InputShape) -> Graph:
    """Return the graph of a module in evaluation, normalisation folded and rectifiers fused.

    Weights on the meta device give the *shapes* stage, real weights the *float* stage. The module is not changed.
    Known is what `traced_functions` lists; the rest is refused, not approximated.

    Raises:
        ConfigurationError: where `input_shape` is neither `(C, H, W)` nor `(C, T)`.
        LoweringError: where a function has no operator; names the function, the module's path, and every other module
            that is known to have none.
    """
    try:
        graph = fold(trace(module, input_shape, FUNCTIONS))
    except LoweringError as error:
        hopeless = _without_operator(module)
        if not hopeless:
            raise
        raise LoweringError(
            f"{error}. In all, these modules have no operator: {', '.join(hopeless)}. "
            "Known are convolutions, linear layers, normalisation, rectifiers, tables of single values, pooling, "
            "sums, products, concatenations and parts of maps; attention and recurrent layers are not"
        ) from error
    if not graph.operators:
        raise LoweringError(f"{type(module).__name__} has no operator: its output is its input")
    return graph


def _without_operator(module: nn.Module) -> list[str]:
    found = [(path, part) for path, part in module.named_modules() if isinstance(part, HOPELESS)]
    return [f"{path or 'the network'} ({type(part).__name__})" for path, part in found]
