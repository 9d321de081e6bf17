"""Proxies, baselines, data sets and targets from outside: a plug-in file, or an installed package's entry points.

A plug-in file is Python that defines any of the mappings `PROXIES`, `BASELINES`, `KERNELS` (kernel sizes of its
baselines), `DATASETS` and `TARGETS`. Its text travels with the work to every worker, so the file need not lie on other
machines.
"""

import hashlib
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from prototypenas.errors import PluginError
from prototypenas.types import Target

if TYPE_CHECKING:
    from prototypenas.protocols import Baseline, Proxy

DEFAULT_KERNELS = (3, 5, 7)
"""What a baseline without an entry in `KERNELS` searches."""


@dataclass(frozen=True)
class PluginSource:
    """A plug-in file's text and where it was read."""

    path: str
    text: str

    @property
    def module_name(self) -> str:
        """Name of its module: the same in every process, different for different texts."""
        digest = hashlib.sha256(f"{self.path}\n{self.text}".encode()).hexdigest()[:12]
        return f"prototypenas_plugin_{digest}"


@dataclass(frozen=True)
class Plugin:
    """What one plug-in file, or all entry points together, bring."""

    proxies: "Mapping[str, Proxy]" = field(default_factory=dict)
    baselines: "Mapping[str, Baseline]" = field(default_factory=dict)
    kernels: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    datasets: Mapping[str, Any] = field(default_factory=dict)
    targets: Mapping[str, Target] = field(default_factory=dict)
    source: PluginSource | None = None
    """What a worker loads to know the same plug-in; `None` for entry points, which are installed there."""


def load_plugin_file(path: Path) -> Plugin:
    """Run a plug-in file and take its mappings.

    Raises:
        PluginError: if it cannot be read or raises, naming file and line; or if it brings nothing.
    """
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise PluginError(f"plug-in {path} cannot be read: {error}") from error
    return load_plugin(PluginSource(str(path.resolve()), text))


def load_plugin(source: PluginSource) -> Plugin:
    """Run a plug-in's text as a module of its own, once in each process.

    Raises:
        PluginError: as `load_plugin_file`.
    """
    module = sys.modules.get(source.module_name) or _execute(source)
    plugin = Plugin(
        proxies=_mapping(module, "PROXIES", source.path),
        baselines=_mapping(module, "BASELINES", source.path),
        kernels=_mapping(module, "KERNELS", source.path),
        datasets=_mapping(module, "DATASETS", source.path),
        targets=_mapping(module, "TARGETS", source.path),
        source=source,
    )
    if not (plugin.proxies or plugin.baselines or plugin.datasets or plugin.targets):
        raise PluginError(f"plug-in {source.path} defines none of PROXIES, BASELINES, DATASETS, TARGETS")
    return _with_kernels(plugin)


def load_entry_points() -> Plugin:
    """Take everything that installed packages offer.

    Raises:
        PluginError: if an entry point cannot be loaded, naming it and its package.
    """
    baselines = entry_points_of("prototypenas.baselines")
    return _with_kernels(
        Plugin(
            proxies=entry_points_of("prototypenas.proxies"),
            baselines=baselines,
            kernels={name: tuple(built.kernels) for name, built in baselines.items() if hasattr(built, "kernels")},
            datasets=entry_points_of("prototypenas.datasets"),
            targets=entry_points_of("prototypenas.targets"),
        )
    )


def load_all(sources: Sequence[PluginSource]) -> None:
    """Make the modules of several plug-ins known to this process, so that what they define can be unpickled."""
    for source in sources:
        load_plugin(source)


def _with_kernels(plugin: Plugin) -> Plugin:
    kernels = {name: tuple(plugin.kernels.get(name, DEFAULT_KERNELS)) for name in plugin.baselines}
    return Plugin(plugin.proxies, plugin.baselines, kernels, plugin.datasets, plugin.targets, plugin.source)


def _execute(source: PluginSource) -> ModuleType:
    module = ModuleType(source.module_name)
    module.__file__ = source.path
    sys.modules[source.module_name] = module
    try:
        exec(compile(source.text, source.path, "exec"), module.__dict__)
    except Exception as error:
        del sys.modules[source.module_name]
        raise PluginError(f"plug-in {source.path}{_line(error, source)}: {type(error).__name__}: {error}") from error
    return module


def _line(error: Exception, source: PluginSource) -> str:
    if isinstance(error, SyntaxError):
        return f", line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == source.path]
    return f", line {lines[-1]}" if lines else ""


def _mapping(module: ModuleType, name: str, path: str) -> Mapping[str, Any]:
    found = getattr(module, name, {})
    if not isinstance(found, Mapping) or not all(isinstance(key, str) for key in found):
        raise PluginError(f"plug-in {path}: {name} is {found!r}; it must map names to plug-ins")
    return dict(found)


def entry_points_of(group: str) -> dict[str, Any]:
    """Return what installed packages offer in one group, by name.

    Raises:
        PluginError: if an entry point cannot be loaded.
    """
    return {entry.name: _load(entry) for entry in entry_points(group=group)}


def _load(entry: EntryPoint) -> Any:
    try:
        return entry.load()
    except (ImportError, AttributeError) as error:
        package = entry.dist.name if entry.dist else "an unknown package"
        raise PluginError(f"entry point {entry.group} {entry.name} of {package} cannot be loaded: {error}") from error
