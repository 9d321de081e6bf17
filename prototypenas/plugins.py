"""Proxies, baselines, data sets and targets from outside: a plug-in file, or an installed package's entry points.

A plug-in file is Python that defines any of the mappings `PROXIES`, `COSTS`, `BASELINES`, `KERNELS` (kernel sizes of
its baselines), `SAMPLERS`, `DATASETS` and `TARGETS`. Its text travels with the work to every worker, so the file need
not lie on other machines.

A function pickles as the name of its module and its own, so every process must know the plug-in's module under the same
name before it unpickles anything. The name is therefore made from path and text: the same text is run once a process,
a changed one is another module beside it, and two files called `mine.py` never meet.
"""

import hashlib
import re
import reprlib
import sys
import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from prototypenas.costing.targets import limited_by_memory
from prototypenas.errors import PluginError
from prototypenas.foreign_code import foreign_code
from prototypenas.objectives import COSTS
from prototypenas.types import GROUPS, Footprint, GroupConfiguration, Target

if TYPE_CHECKING:
    from prototypenas.exploration.samplers import SamplerMaker
    from prototypenas.protocols import Baseline, OwnCost, Proxy

DEFAULT_KERNELS = (3, 5, 7)
"""What a baseline without an entry in `KERNELS` searches."""

PARTS = ("proxies", "costs", "baselines", "samplers", "datasets", "targets")
"""What a plug-in may bring: the mappings of a file in capitals, the entry points `prototypenas.<part>` of a package."""

UNKNOWN_PACKAGE = "an unknown package"

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]*")

RESERVED = frozenset(
    {
        *("number", "architecture", "width", "flops", "macs", "parameters", "ram_bytes", "rom_bytes"),
        *(item.name for item in fields(Footprint)),
        *(f"group{group}_{item.name}" for group in range(1, GROUPS + 1) for item in fields(GroupConfiguration)),
        *("latency_ms", "energy_mj", "rejection", "detail", "digest", "usable", *COSTS),
    }
)
"""Names that the tables and the study use: a proxy of that name could not be told from them."""


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

    @property
    def mark(self) -> str:
        """Name of the file and a digest of its text, wherever it lies."""
        return f"{Path(self.path).name} {hashlib.sha256(self.text.encode()).hexdigest()[:12]}"


@dataclass(frozen=True)
class Plugin:
    """What one plug-in file, or all entry points together, bring."""

    proxies: "Mapping[str, Proxy]" = field(default_factory=dict)
    costs: "Mapping[str, OwnCost]" = field(default_factory=dict)
    baselines: "Mapping[str, Baseline]" = field(default_factory=dict)
    kernels: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    samplers: "Mapping[str, SamplerMaker]" = field(default_factory=dict)
    datasets: Mapping[str, Any] = field(default_factory=dict)
    targets: Mapping[str, Target] = field(default_factory=dict)
    packages: Mapping[str, str] = field(default_factory=dict)
    """Of entry points: which package a part comes from, its version and a digest of the module, by the part's name."""
    source: PluginSource | None = None
    """What a worker loads to know the same plug-in; `None` for entry points, which are installed there."""

    @property
    def names(self) -> frozenset[str]:
        """Names of all that it brings."""
        return frozenset(name for part in PARTS for name in getattr(self, part))


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
        costs=_mapping(module, "COSTS", source.path),
        samplers=_mapping(module, "SAMPLERS", source.path),
        baselines=_mapping(module, "BASELINES", source.path),
        kernels=_mapping(module, "KERNELS", source.path),
        datasets=_mapping(module, "DATASETS", source.path),
        targets=_mapping(module, "TARGETS", source.path),
        source=source,
    )
    if not any(getattr(plugin, item.name) for item in fields(Plugin) if item.name in PARTS):
        raise PluginError(
            f"plug-in {source.path} defines none of PROXIES, COSTS, BASELINES, SAMPLERS, DATASETS, TARGETS"
        )
    return _checked(plugin, f"plug-in {source.path}")


def load_entry_points(parts: Sequence[str] = PARTS) -> Plugin:
    """Take everything that installed packages offer of these parts.

    Raises:
        PluginError: if an entry point cannot be loaded, naming it and its package; or if it is of a wrong kind.
    """
    entries = {part: entry_points(group=f"prototypenas.{part}") for part in parts}
    offered: dict[str, Any] = {part: {entry.name: _load(entry) for entry in found} for part, found in entries.items()}
    baselines = offered.get("baselines", {})
    kernels = {name: built.kernels for name, built in baselines.items() if hasattr(built, "kernels")}
    packages = {entry.name: _package(entry) for found in entries.values() for entry in found}
    return _checked(Plugin(**offered, kernels=kernels, packages=packages), "an installed package")


def load_all(sources: Sequence[PluginSource]) -> None:
    """Make the modules of several plug-ins known to this process, so that what they define can be unpickled."""
    for source in sources:
        load_plugin(source)


def _checked(plugin: Plugin, where: str) -> Plugin:
    """Fill in kernels of baselines and limits of targets; refuse parts of a wrong kind and names that mean something.

    Raises:
        PluginError: naming the part and what it must be.
    """
    for kind, names in (("proxy", plugin.proxies), ("cost", plugin.costs), ("sampler", plugin.samplers)):
        for name in names:
            if name in RESERVED or not NAME.fullmatch(name):
                raise PluginError(f"{where} names a {kind} {name!r}; {_proxy_names()}")
    for name, part in {**plugin.proxies, **plugin.baselines, **plugin.samplers}.items():
        if not callable(part):
            raise PluginError(f"{where}: {name} is {reprlib.repr(part)}; proxies, baselines and samplers are functions")
    for name, part in plugin.costs.items():
        if not callable(getattr(part, "function", None)):
            raise PluginError(f"{where}: cost {name} is {reprlib.repr(part)}; it must be a prototypenas.OwnCost")
    for name, part in plugin.datasets.items():
        if not callable(getattr(part, "load", None)) or not isinstance(getattr(part, "description", None), str):
            raise PluginError(f"{where}: data set {name} is {reprlib.repr(part)}; it needs `load` and `description`")
    for name, part in plugin.targets.items():
        if not isinstance(part, Target):
            raise PluginError(f"{where}: target {name} is {reprlib.repr(part)}; it must be a prototypenas.Target")
        if part.name != name:
            raise PluginError(f"{where}: target {name} calls itself {part.name!r}; a run is recorded under that name")
    kernels = {name: _kernels(plugin.kernels.get(name, DEFAULT_KERNELS), name, where) for name in plugin.baselines}
    targets = {name: limited_by_memory(target) for name, target in plugin.targets.items()}
    return replace(plugin, kernels=kernels, targets=targets)


def _kernels(sizes: Any, name: str, where: str) -> tuple[int, ...]:
    listed = tuple(sizes) if isinstance(sizes, Iterable) else ()
    if not listed or not all(type(size) is int and size > 0 and size % 2 for size in listed):
        raise PluginError(f"{where}: KERNELS of {name} are {reprlib.repr(sizes)}; odd positive numbers are needed")
    return listed


def _proxy_names() -> str:
    taken = ", ".join(sorted(RESERVED))
    return f"letters, digits, `_`, `-` and `.` are allowed, and not the names of other columns ({taken})"


def _execute(source: PluginSource) -> ModuleType:
    # Not `importlib`: on a worker there is the text, and no file of it. The module is known before its text runs, as
    # dataclasses look it up there, and forgotten where that raises, so that a mended file is run anew.
    module = ModuleType(source.module_name)
    module.__file__ = source.path
    sys.modules[source.module_name] = module
    try:
        exec(compile(source.text, source.path, "exec"), module.__dict__)
    except (Exception, SystemExit) as error:
        del sys.modules[source.module_name]
        raise PluginError(f"plug-in {source.path}{_line(error, source)}: {type(error).__name__}: {error}") from error
    return module


def _line(error: BaseException, source: PluginSource) -> str:
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


def _package(entry: EntryPoint) -> str:
    """Return name and version of a loaded entry point's package and a digest of its module: a version may be edited."""
    package = f"{entry.dist.name} {entry.dist.version}" if entry.dist else UNKNOWN_PACKAGE
    file = Path(getattr(sys.modules.get(entry.module), "__file__", None) or "")
    return f"{package} {hashlib.sha256(file.read_bytes()).hexdigest()[:12]}" if file.is_file() else package


def _load(entry: EntryPoint) -> Any:
    package = entry.dist.name if entry.dist else UNKNOWN_PACKAGE
    with foreign_code(PluginError, f"entry point {entry.group} {entry.name} of {package} cannot be loaded: "):
        return entry.load()
