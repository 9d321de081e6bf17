"""Which module of a network is running, and what to call it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from torch import nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook


class Place(NamedTuple):
    """A module in the network: where it is and what it is."""

    path: str
    kind: str
    leaf: bool
    """Whether it has no children, so that its path alone names its operator."""


def places_in(module: nn.Module) -> dict[int, Place]:
    """Return the place of a module and of all in it, by identity."""
    places: dict[int, Place] = {}
    waiting = [("", module)]
    while waiting:
        path, parent = waiting.pop()
        children = parent._modules
        if id(parent) not in places:
            places[id(parent)] = Place(path, type(parent).__name__, leaf=not children)
            prefix = path + "." if path else ""
            waiting += [(prefix + name, child) for name, child in children.items() if child is not None]
    return places


@contextmanager
def in_evaluation(module: nn.Module) -> Iterator[None]:
    """Put a module and all in it into evaluation while the block lasts."""
    training = [child for child in module.modules() if child.training]
    for child in training:
        child.__dict__["training"] = False
    try:
        yield
    finally:
        for child in training:
            child.__dict__["training"] = True


@contextmanager
def watched_calls(entered: Callable[[nn.Module], None], left: Callable[[], None]) -> Iterator[None]:
    """Tell of every module that this thread calls and leaves while the block lasts."""
    owner = threading.get_ident()

    def enter(module: nn.Module, inputs: object) -> None:
        if threading.get_ident() == owner:
            entered(module)

    def leave(module: nn.Module, inputs: object, output: object) -> None:
        if threading.get_ident() == owner:
            left()

    hooks = register_module_forward_pre_hook(enter), register_module_forward_hook(leave)
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
