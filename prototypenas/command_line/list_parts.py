"""`prototypenas list`: everything that can be named."""

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from prototypenas.app.settings import PartSettings
from prototypenas.choices import choose
from prototypenas.command_line.output import Result, console, table_as_json
from prototypenas.exploration.samplers import SAMPLERS

if TYPE_CHECKING:
    from prototypenas.app.catalogue import Catalogue
    from prototypenas.reporting.table import Table


def list_parts(
    what: Annotated[
        str, typer.Argument(help="targets, architectures, objectives, proxies, datasets, published or samplers.")
    ],
    *,
    parts: PartSettings,
) -> Result:
    """List what can be named: targets, architectures, objectives, proxies, data sets, published networks, samplers."""
    from prototypenas.reporting.console import print_table

    table = choose("listing", what, LISTINGS)(parts)
    print_table(console, table)
    return table_as_json(table)


def _targets(parts: PartSettings) -> "Table":
    from prototypenas.app.known_targets import known_targets
    from prototypenas.reporting.target_listing import target_table

    return target_table(known_targets(parts.plugin, parts.target_files, parts.latency_tables))


def _samplers(parts: PartSettings) -> "Table":
    from prototypenas.plugins import load_entry_points, load_plugin_file
    from prototypenas.reporting.table import Table

    makers = dict(load_entry_points(["samplers"]).samplers)
    for file in parts.plugin:
        makers |= load_plugin_file(file).samplers
    own = {name: _summary(maker) for name, maker in makers.items()}
    return Table(("Sampler", "What it is, and when to take it"), tuple({**SAMPLERS, **own}.items()), names=2)


def _gathered(listing: "Callable[[Catalogue], Table]", parts: PartSettings) -> "Table":
    from prototypenas.app.catalogue import gather

    return listing(gather(parts.plugin, parts.target_files, parts.latency_tables))


def _architectures(catalogue: "Catalogue") -> "Table":
    from prototypenas.reporting.table import Table

    rows = tuple(
        (
            name,
            ", ".join(task for task, pool in catalogue.pools.items() if name in pool),
            _joined(catalogue.kernels[name]),
            _summary(catalogue.baselines[name]),
        )
        for name in catalogue.baselines
    )
    return Table(("Architecture", "Tasks", "Kernels", "What it is"), rows, names=4)


def _proxies(catalogue: "Catalogue") -> "Table":
    from prototypenas.reporting.table import Table

    rows = tuple((name, _summary(proxy)) for name, proxy in catalogue.proxies.items())
    return Table(("Proxy", "What it is"), rows, names=2)


def _objectives(catalogue: "Catalogue") -> "Table":
    from prototypenas.objectives import proxy_objective
    from prototypenas.reporting.table import Table

    costs = catalogue.cost_objectives
    proxies = [proxy_objective(name) for name in catalogue.proxies if name not in costs]
    rows = tuple(
        (one.name, one.origin.value, "minimised" if one.minimised else "maximised", one.unit)
        for one in (*costs.values(), *proxies)
    )
    return Table(("Objective", "From", "Sense", "Unit"), rows, names=4)


def _datasets(catalogue: "Catalogue") -> "Table":
    from prototypenas.reporting.table import Table

    rows = tuple(
        (name, "--data-dir" if source.needs_files else "none", source.description)
        for name, source in catalogue.datasets.items()
    )
    return Table(("Data set", "Files", "What it is"), rows, names=3)


def _published(catalogue: "Catalogue") -> "Table":
    from prototypenas.reporting.table import Table
    from search_spaces import PUBLISHED

    rows = tuple(
        (name, _joined(one.input_shape, "x"), f"{one.macs / 1e6:.1f}", f"{one.parameters:,}", one.source)
        for name, one in PUBLISHED.items()
    )
    return Table(("Network", "Input", "MMACs", "Parameters", "What it follows"), rows)


LISTINGS: "Mapping[str, Callable[[PartSettings], Table]]" = {
    "targets": _targets,
    "architectures": partial(_gathered, _architectures),
    "proxies": partial(_gathered, _proxies),
    "objectives": partial(_gathered, _objectives),
    "datasets": partial(_gathered, _datasets),
    "published": partial(_gathered, _published),
    "samplers": _samplers,
}


def _joined(values: tuple[int, ...], between: str = ", ") -> str:
    return between.join(str(value) for value in values)


def _summary(described: object) -> str:
    """Return what a part says of itself: the first line of its own docstring, or of its class where it has none."""
    return (getattr(described, "description", None) or inspect.getdoc(described) or "").partition("\n")[0]
