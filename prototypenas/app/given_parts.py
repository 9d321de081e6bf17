"""Parts as a user hands them over from Python: names of known ones, or the objects themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from prototypenas.app.catalogue import Catalogue
from prototypenas.choices import choose
from prototypenas.costing.targets import limited_by_memory
from prototypenas.errors import ConfigurationError
from prototypenas.exploration.samplers import SamplerMaker
from prototypenas.plugins import DEFAULT_KERNELS, RESERVED
from prototypenas.protocols import Baseline, OwnCost, Proxy
from prototypenas.types import Target

GivenObjectives = Sequence[str | Proxy | OwnCost | Mapping[str, Proxy | OwnCost]] | Mapping[str, Proxy | OwnCost] | None
"""Names of costs and proxies, functions, plug-ins' costs, or mappings of names to these."""

GivenArchitectures = Sequence[str | Baseline] | Mapping[str, Baseline] | None
"""Names, functions, or a mapping of names to functions."""


@dataclass(frozen=True)
class NamedParts:
    """Given parts in a catalogue, and their names as the settings hold them."""

    catalogue: Catalogue
    objectives: str
    """Joined by commas; empty where none were given."""
    architectures: str
    """Joined by commas; empty where none were given."""
    target: str


def with_parts(
    catalogue: Catalogue,
    *,
    objectives: GivenObjectives = None,
    architectures: GivenArchitectures = None,
    target: str | Target,
) -> NamedParts:
    """Return the catalogue with the objects among the parts, and the names of all.

    Raises:
        ConfigurationError: for a part without a name of its own, as a lambda in a list is, or an unknown target.
    """
    own_objectives, objective_names = _named("objective", objectives)
    own_baselines, architecture_names = _named("architecture", architectures)
    own_target = {target.name: limited_by_memory(target)} if isinstance(target, Target) else {}
    kernels = {name: tuple(getattr(built, "kernels", DEFAULT_KERNELS)) for name, built in own_baselines.items()}
    for name in own_objectives:
        if name in RESERVED:
            raise ConfigurationError(f"an objective is named {name}, which is the name of a column; name it otherwise")
    costs = {name: one for name, one in own_objectives.items() if isinstance(one, OwnCost)}
    proxies = {name: one for name, one in own_objectives.items() if not isinstance(one, OwnCost)}
    added = replace(
        catalogue,
        proxies={**catalogue.proxies, **proxies},
        costs={**catalogue.costs, **costs},
        baselines={**catalogue.baselines, **own_baselines},
        kernels={**catalogue.kernels, **kernels},
        pools={task: (*pool, *own_baselines) for task, pool in catalogue.pools.items()},
        targets={**catalogue.targets, **own_target},
    )
    name = target.name if isinstance(target, Target) else target
    choose("target", name, added.targets)
    return NamedParts(added, ",".join(objective_names), ",".join(architecture_names), name)


def with_sampler(catalogue: Catalogue, sampler: str | SamplerMaker) -> tuple[Catalogue, str]:
    """Return the catalogue with a sampler that was handed over, and its name.

    Raises:
        ConfigurationError: for a function without a name of its own.
    """
    if isinstance(sampler, str):
        return catalogue, sampler
    name = _own_name("sampler", sampler)
    return replace(catalogue, samplers={**catalogue.samplers, name: sampler}), name


def _named(kind: str, parts: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the objects by name, and all names in their order."""
    if isinstance(parts, Mapping):
        return dict(parts), tuple(parts)
    own: dict[str, Any] = {}
    names: list[str] = []
    for part in (parts,) if isinstance(parts, str) else parts or ():
        if isinstance(part, str):
            names += [name.strip() for name in part.split(",")]
        elif isinstance(part, Mapping):
            own |= part
            names += part
        else:
            name = _own_name(kind, part.function if isinstance(part, OwnCost) else part)
            own[name] = part
            names.append(name)
    return own, tuple(names)


def _own_name(kind: str, part: object) -> str:
    name = str(getattr(part, "__name__", type(part).__name__))
    if not name.isidentifier():
        raise ConfigurationError(f"{name} is no name for {kind}s; give {{'a name': it}}")
    return name
