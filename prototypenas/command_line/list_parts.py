"""`prototypenas list`: everything that can be named."""

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from prototypenas.app.settings import PartSettings
from prototypenas.choices import choose
from prototypenas.command_line.output import console
from prototypenas.exploration.samplers import SAMPLERS

if TYPE_CHECKING:
    from prototypenas.app.catalogue import Catalogue
    from prototypenas.reporting.table import Table


def list_parts(
    what: Annotated[str, typer.Argument(help="targets, architectures, proxies, datasets, published or samplers.")],
    *,
    parts: PartSettings,
) -> None:
    """List what can be named: targets, architectures, proxies, datasets, published networks, samplers."""
    from prototypenas.reporting.console import print_table

    listing = choose("listing", what, LISTINGS)
    print_table(console, listing(parts))


def _targets(parts: PartSettings) -> "Table":
    from prototypenas.app.known_targets import known_targets
    from prototypenas.reporting.target_listing import target_table

    return target_table(known_targets(parts.plugin, parts.target_files))


def _samplers(parts: PartSettings) -> "Table":
    from prototypenas.reporting.table import Table

    return Table(("Sampler", "What it is, and when to take it"), tuple(SAMPLERS.items()), names=2)


def _gathered(listing: "Callable[[Catalogue], Table]", parts: PartSettings) -> "Table":
    from prototypenas.app.catalogue import gather

    return listing(gather(parts.plugin, parts.target_files))


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


def _datasets(catalogue: "Catalogue") -> "Table":
    from prototypenas.reporting.table import Table

    rows = tuple((name, source.description) for name, source in catalogue.datasets.items())
    return Table(("Data set", "What it is"), rows, names=2)


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
    "datasets": partial(_gathered, _datasets),
    "published": partial(_gathered, _published),
    "samplers": _samplers,
}


def _joined(values: tuple[int, ...], between: str = ", ") -> str:
    return between.join(str(value) for value in values)


def _summary(described: object) -> str:
    """Return what a part says of itself: the first line of its own docstring, or of its class where it has none."""
    return (getattr(described, "description", None) or inspect.getdoc(described) or "").partition("\n")[0]
