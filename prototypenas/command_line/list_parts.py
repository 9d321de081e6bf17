"""`prototypenas list`: everything that can be named."""

import inspect
from typing import Annotated

import typer

from prototypenas.app.catalogue import Catalogue, gather
from prototypenas.app.settings import PartSettings
from prototypenas.choices import choose
from prototypenas.command_line.output import console
from prototypenas.exploration.samplers import SAMPLERS
from prototypenas.reporting.console import print_table
from prototypenas.reporting.listings import target_table
from prototypenas.reporting.tables import Table
from search_spaces import PUBLISHED


def list_parts(
    what: Annotated[str, typer.Argument(help="targets, architectures, proxies, datasets, published or samplers.")],
    *,
    parts: PartSettings,
) -> None:
    """List what can be named: targets, architectures, proxies, datasets, published networks, samplers."""
    catalogue = gather(parts.plugin, parts.target_files)
    listings = {
        "targets": target_table(catalogue.targets),
        "architectures": _architectures(catalogue),
        "proxies": Table(
            ("Proxy", "What it is"),
            tuple((name, _summary(proxy)) for name, proxy in catalogue.proxies.items()),
            names=2,
        ),
        "datasets": Table(
            ("Data set", "What it is"),
            tuple((name, source.description) for name, source in catalogue.datasets.items()),
            names=2,
        ),
        "published": Table(
            ("Network", "Input", "MMACs", "Parameters", "Source"),
            tuple(
                (name, _joined(one.input_shape, "x"), f"{one.macs / 1e6:.1f}", f"{one.parameters:,}", one.source)
                for name, one in PUBLISHED.items()
            ),
        ),
        "samplers": Table(("Sampler",), tuple((name,) for name in SAMPLERS)),
    }
    print_table(console, choose("listing", what, listings))


def _architectures(catalogue: Catalogue) -> Table:
    rows = tuple(
        (
            name,
            ", ".join(task for task, pool in catalogue.pools.items() if name in pool),
            _joined(catalogue.kernels[name]),
        )
        for name in catalogue.baselines
    )
    return Table(("Architecture", "Tasks", "Kernels"), rows, names=3)


def _joined(values: tuple[int, ...], between: str = ", ") -> str:
    return between.join(str(value) for value in values)


def _summary(described: object) -> str:
    """Return a part's own description, or the first line of its docstring."""
    return getattr(described, "description", None) or (inspect.getdoc(described) or "").partition("\n")[0]
