"""Every part that can be named: ours, those of installed packages, those of plug-in files."""

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evaluators import DATASETS, DatasetSource
from prototypenas.costing.latency_table import with_latency_tables
from prototypenas.costing.targets import load_targets
from prototypenas.exploration.samplers import SamplerMaker
from prototypenas.objectives import COSTS, Objective
from prototypenas.plugins import PluginSource, load_entry_points, load_plugin, load_plugin_file
from prototypenas.protocols import Baseline, OwnCost, Proxy
from prototypenas.types import Target
from proxies import PROXIES
from search_spaces import DETECTION_POOL, IMAGE_POOL, KERNELS, TIME_SERIES_POOL

POOLS: Mapping[str, Mapping[str, Baseline]] = {
    "image": IMAGE_POOL,
    "time-series": TIME_SERIES_POOL,
    "detection": DETECTION_POOL,
}


@dataclass(frozen=True)
class Catalogue:
    """Everything that can be named on the command line or from Python."""

    pools: Mapping[str, tuple[str, ...]]
    """Names of the architectures searched by default, by task; those of plug-in files join every pool."""
    baselines: Mapping[str, Baseline]
    kernels: Mapping[str, tuple[int, ...]]
    proxies: Mapping[str, Proxy]
    costs: Mapping[str, OwnCost]
    """Those that plug-ins define."""
    samplers: Mapping[str, SamplerMaker]
    """Those that plug-ins define, beside our own."""
    datasets: Mapping[str, DatasetSource]
    targets: Mapping[str, Target]
    packages: Mapping[str, str]
    """Package, version and digest of each part that an installed package brings, by its name."""
    plugins: tuple[PluginSource, ...]

    @property
    def pooled(self) -> tuple[str, ...]:
        """Names of the architectures of all pools; those that an installed package merely offers are in none."""
        return tuple(dict.fromkeys(name for pool in self.pools.values() for name in pool))

    @property
    def cost_objectives(self) -> dict[str, Objective]:
        """Every cost that can be an objective or a limit, by name: our own and those that plug-ins define."""
        return {**COSTS, **{name: own.objective(name) for name, own in self.costs.items()}}

    def origins(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return file or package, and digest, of what brings one of these parts: another text is another part."""
        wanted = set(names)
        files = {source.mark for source in self.plugins if wanted & load_plugin(source).names}
        return tuple(sorted(files | {mark for name, mark in self.packages.items() if name in wanted}))


def gather(
    plugin_files: Sequence[Path] = (), target_files: Sequence[Path] = (), latency_tables: Sequence[Path] = ()
) -> Catalogue:
    """Return our own parts and all plug-ins together; a later one wins over a name given before.

    Raises:
        PluginError: if a plug-in file or an entry point cannot be loaded.
    """
    files = [load_plugin_file(file) for file in plugin_files]
    installed = load_entry_points()
    plugins = [installed, *files]
    asked_for = tuple(name for plugin in files for name in plugin.baselines)
    return Catalogue(
        pools={task: tuple(dict.fromkeys((*pool, *asked_for))) for task, pool in POOLS.items()},
        baselines=merged(merged({}, list(POOLS.values())), [plugin.baselines for plugin in plugins]),
        kernels=merged(KERNELS, [plugin.kernels for plugin in plugins]),
        proxies=merged(PROXIES, [plugin.proxies for plugin in plugins]),
        costs=merged({}, [plugin.costs for plugin in plugins]),
        samplers=merged({}, [plugin.samplers for plugin in plugins]),
        datasets=merged(DATASETS, [plugin.datasets for plugin in plugins]),
        targets=with_latency_tables(
            merged(load_targets(list(target_files)), [plugin.targets for plugin in plugins]), latency_tables
        ),
        packages=installed.packages,
        plugins=tuple(plugin.source for plugin in plugins if plugin.source is not None),
    )


def merged(ours: Mapping[str, Any], theirs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return all mappings as one; a later value wins."""
    return functools.reduce(lambda merged, more: {**merged, **more}, theirs, dict(ours))
