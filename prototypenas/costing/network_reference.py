"""Finds the network that a user names: an exported program, or a function that builds a module."""

import importlib
import importlib.util
from pathlib import Path
from zipfile import BadZipFile

import torch
from torch import nn

from prototypenas.errors import ConfigurationError

_FORMS = "`file.pt2` (written by torch.export.save) or `package.module:function`, or `file.py:function`"


def load_network(reference: str) -> nn.Module:
    """Load `network.pt2`, or call the function of `module:function` or `file.py:function` without arguments.

    The name may also be that of a module object. Loading runs the code that the reference names.

    Raises:
        ConfigurationError: for a reference of another form, a file or function that does not exist, or a result that
            is not a module.
    """
    if reference.endswith(".pt2"):
        return _exported(Path(reference))
    place, colon, name = reference.rpartition(":")
    if not colon or not place or not name:
        raise ConfigurationError(f"network reference {reference!r} is not {_FORMS}")
    source = _namespace(place, reference)
    if not hasattr(source, name):
        raise ConfigurationError(f"{reference!r}: {place} has no {name}")
    found = getattr(source, name)
    network = found() if callable(found) and not isinstance(found, nn.Module) else found
    if not isinstance(network, nn.Module):
        raise ConfigurationError(f"{reference!r} gave a {type(network).__name__}; it must be a torch.nn.Module")
    return network


def _exported(path: Path) -> nn.Module:
    if not path.is_file():
        raise ConfigurationError(f"{path}: no such file; a network is {_FORMS}")
    try:
        return torch.export.load(path).module()
    except (BadZipFile, RuntimeError, AssertionError, KeyError, ValueError) as error:
        raise ConfigurationError(f"{path} is not an exported program: {error}") from error


def _namespace(place: str, reference: str) -> object:
    if place.endswith(".py"):
        return _from_file(Path(place), reference)
    try:
        return importlib.import_module(place)
    except ModuleNotFoundError as error:
        raise ConfigurationError(f"{reference!r}: no module {error.name}; is it on the Python path?") from error


def _from_file(path: Path, reference: str) -> object:
    if not path.is_file():
        raise ConfigurationError(f"{reference!r}: no file {path}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
