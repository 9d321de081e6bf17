"""Parts as a user hands them over from Python: names of known ones, or the objects themselves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from prototypenas.app.catalogue import Catalogue
from prototypenas.choices import choose
from prototypenas.errors import ConfigurationError
from prototypenas.plugins import DEFAULT_KERNELS
from prototypenas.protocols import Baseline, Proxy
from prototypenas.types import Target

Part = TypeVar("Part", bound=Callable[..., Any])


def with_parts(
    catalogue: Catalogue,
    *,
    proxies: Sequence[str | Proxy] | Mapping[str, Proxy] | None = None,
    architectures: Sequence[str | Baseline] | Mapping[str, Baseline] | None = None,
    target: str | Target | None = None,
) -> tuple[Catalogue, str, str, str]:
    """Add the objects among the parts to the catalogue.

    Returns the catalogue and, as the settings hold them, the names of proxies and architectures, joined by commas and
    empty where none were given, and the name of the target.

    Raises:
        ConfigurationError: for a part without a name of its own, as a lambda in a list is.
    """
    own_proxies, proxy_names = _named("proxy", proxies)
    own_baselines, architecture_names = _named("architecture", architectures)
    own_target = {target.name: target} if isinstance(target, Target) else {}
    kernels = {name: tuple(getattr(built, "kernels", DEFAULT_KERNELS)) for name, built in own_baselines.items()}
    added = replace(
        catalogue,
        proxies={**catalogue.proxies, **own_proxies},
        baselines={**catalogue.baselines, **own_baselines},
        kernels={**catalogue.kernels, **kernels},
        pools={task: (*pool, *own_baselines) for task, pool in catalogue.pools.items()},
        targets={**catalogue.targets, **own_target},
    )
    name = target.name if isinstance(target, Target) else target or ""
    if name:
        choose("target", name, added.targets)
    return added, ",".join(proxy_names), ",".join(architecture_names), name


def _named(
    kind: str, parts: Sequence[str | Part] | Mapping[str, Part] | None
) -> tuple[dict[str, Part], tuple[str, ...]]:
    """Return the objects by name, and all names in their order."""
    if isinstance(parts, Mapping):
        return dict(parts), tuple(parts)
    own: dict[str, Part] = {}
    names = []
    for part in (parts,) if isinstance(parts, str) else parts or ():
        if isinstance(part, str):
            names += [name.strip() for name in part.split(",")]
            continue
        name = getattr(part, "__name__", type(part).__name__)
        if not name.isidentifier():
            raise ConfigurationError(f"a {kind} is {name}, which is no name; give {{'a name': it}}")
        own[name] = part
        names.append(name)
    return own, tuple(names)
