"""The table of known PyTorch functions; each handler takes the arguments as PyTorch names them."""

from collections.abc import Mapping
from types import MappingProxyType

from prototypenas.graph.operators import OPERATOR_FUNCTIONS
from prototypenas.graph.traced_constants import CONSTANT_FUNCTIONS
from prototypenas.graph.traced_normalization import NORMALIZATION_FUNCTIONS
from prototypenas.graph.traced_rectifiers import RECTIFIER_FUNCTIONS
from prototypenas.graph.traced_shapes import SHAPE_FUNCTIONS
from prototypenas.graph.traced_transposed import TRANSPOSED_FUNCTIONS
from prototypenas.graph.tracing import Handler

FUNCTIONS: Mapping[str, Handler] = MappingProxyType(
    {
        **OPERATOR_FUNCTIONS,
        **CONSTANT_FUNCTIONS,
        **NORMALIZATION_FUNCTIONS,
        **RECTIFIER_FUNCTIONS,
        **SHAPE_FUNCTIONS,
        **TRANSPOSED_FUNCTIONS,
    }
)
"""By the function's name; a trailing underscore (in place) is taken off first."""
