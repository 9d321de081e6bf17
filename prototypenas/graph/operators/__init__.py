"""The operators: each file of this folder is one, and being here is all it takes.

A file holds one subclass of `Operator` and `FUNCTIONS`, the PyTorch functions that become it.
"""

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from prototypenas.graph.operator import Operator
from prototypenas.graph.tracing import Handler

_MODULES = [import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__)]

OPERATORS: Mapping[str, type[Operator]] = MappingProxyType(
    {
        kind.__name__: kind
        for module in _MODULES
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Operator) and kind.__module__ == module.__name__
    }
)
"""Every operator by its name."""

OPERATOR_FUNCTIONS: Mapping[str, Handler] = MappingProxyType(
    {name: handler for module in _MODULES for name, handler in module.FUNCTIONS.items()}
)
"""What records each PyTorch function that becomes an operator."""

KERNELS: tuple[str, ...] = tuple(sorted({kernel for kind in OPERATORS.values() for kernel in kind.kernels}))
"""Every C kernel."""
