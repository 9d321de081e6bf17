"""What a search trades off and what it limits: name, direction, unit and origin of each, and all logic of signs.

An objective is a cost, known from shapes alone (FLOPs, RAM, latency, a plug-in's own), the score of a proxy, or a
learnt estimate. Costs are minimised unless a plug-in says otherwise, scores and estimates are maximised. Everything
that compares candidates takes `oriented` values, of which lower is better; everything that people read takes the
values as they are.

Orientation is a change of sign and therefore its own inverse: no value is rounded or rescaled on the way to a sampler
and back. A limit's excess is a share of the limit, so that bytes, milliseconds and operations can be added up and
compared (constraint handling of NSGA-II, Deb et al. 2002: of two infeasible candidates the one with less excess wins).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING

from prototypenas.errors import ConfigurationError

if TYPE_CHECKING:
    from prototypenas.types import Budget, Cost, Scored


class Origin(Enum):
    """Where an objective's value comes from."""

    COST = "cost"
    """Known from shapes and the target before anything is computed."""
    PROXY = "proxy"
    """Scored on the untrained network."""
    ESTIMATE = "estimate"
    """Learnt from short trainings."""


@dataclass(frozen=True)
class Objective:
    """One thing that a search trades off."""

    name: str
    origin: Origin
    minimised: bool = False
    unit: str = ""
    """Of the value as it is stored: `bytes of RAM`, `ms of latency`."""

    @property
    def label(self) -> str:
        """How tables and figures head it."""
        known = _PRINTED.get(self.name)
        return known.label if known else f"{self.name} [{self.unit}]" if self.unit else self.name

    @property
    def scale(self) -> float:
        """What a stored value is divided by to be printed under `label`."""
        known = _PRINTED.get(self.name)
        return known.scale if known else 1.0

    def amount(self, value: float) -> str:
        """Return a stored value as it is said: `3.2 MFLOPs`, `48.0 kB of RAM`."""
        known = _PRINTED.get(self.name)
        if known is None or not known.unit:
            return f"{value:.4g} {self.unit or self.name}"
        return f"{value / known.scale:.1f} {known.unit}"

    def exactly(self, value: float) -> str:
        """Return a stored value to its last digit, with its unit: `12,345 bytes of RAM`."""
        return f"{_exact(value)} {self.unit or self.name}"

    def value(self, candidate: "Scored") -> float:
        """Return the stored value of a candidate.

        Raises:
            ConfigurationError: if it has none.
        """
        if self.origin is not Origin.COST:
            if self.name not in candidate.scores:
                raise ConfigurationError(
                    f"candidate {candidate.number} was scored by {sorted(candidate.scores)}, not by {self.name}"
                )
            return float(candidate.scores[self.name])
        return self.of_cost(candidate.cost)

    def of_cost(self, cost: "Cost") -> float:
        """Return the value of an objective that is a cost.

        Raises:
            ConfigurationError: if it is none of this cost.
        """
        read = _FIGURES.get(self.name)
        found = read(cost) if read else cost.own.get(self.name)
        if found is None:
            raise ConfigurationError(f"{self.name} is not known of this network on this target")
        return float(found)

    def oriented(self, value: float) -> float:
        """Return a value of which lower is better; its own inverse."""
        return value if self.minimised else -value


@dataclass(frozen=True)
class Limit:
    """A bound on a cost: the most of one that is minimised, the least of one that is maximised."""

    objective: Objective
    value: float

    def __post_init__(self) -> None:
        if not 0 < self.value < float("inf"):
            name = _PRINTED[self.objective.name].short if self.objective.name in _PRINTED else self.objective.name
            raise ConfigurationError(f"the {name} limit is {self.value:g}; it must be positive")

    def excess(self, cost: "Cost") -> float:
        """Return by which share of itself the limit is broken; at most 0 is feasible."""
        share = self.objective.of_cost(cost) / self.value
        return share - 1.0 if self.objective.minimised else 1.0 - share

    def broken_by(self, cost: "Cost") -> str:
        """Say by what a cost breaks the limit; empty where it does not."""
        if self.excess(cost) <= 0:
            return ""
        bound = "at most" if self.objective.minimised else "at least"
        return f"{self.objective.exactly(self.objective.of_cost(cost))}, {bound} {_exact(self.value)}"


@dataclass(frozen=True)
class Goals:
    """What candidates are compared by, and what they must meet."""

    objectives: tuple[Objective, ...]
    """Costs first."""
    budget: "Budget"

    @property
    def constraints(self) -> tuple[str, ...]:
        """Names of the limits, each once, whether set or not where every target may have it."""
        return tuple(dict.fromkeys((*ALWAYS_LIMITED, *(limit.objective.name for limit in self.budget.limits()))))


@dataclass(frozen=True)
class _Printed:
    short: str
    label: str
    scale: float = 1.0
    unit: str = ""


def _cost(name: str, unit: str) -> Objective:
    return Objective(name, Origin.COST, minimised=True, unit=unit)


COSTS: Mapping[str, Objective] = MappingProxyType(
    {
        "flops": _cost("flops", "FLOPs"),
        "macs": _cost("macs", "MACs"),
        "parameters": _cost("parameters", "parameters"),
        "ram": _cost("ram", "bytes of RAM"),
        "rom": _cost("rom", "bytes of ROM"),
        "latency": _cost("latency", "ms of latency"),
        "energy": _cost("energy", "mJ of energy"),
    }
)
"""Every cost that can be an objective or a limit, but for those of plug-ins."""

FLOPS = COSTS["flops"]

ALWAYS_LIMITED = ("ram", "rom", "flops")
"""Constraints that samplers know of whatever the budget, so that a study looks the same for every target."""

_FIGURES: Mapping[str, Callable[["Cost"], float | None]] = {
    "flops": lambda cost: cost.flops,
    "macs": lambda cost: cost.macs,
    "parameters": lambda cost: cost.parameters,
    "ram": lambda cost: cost.footprint.ram_bytes,
    "rom": lambda cost: cost.footprint.rom_bytes,
    "latency": lambda cost: cost.latency_ms,
    "energy": lambda cost: cost.energy_mj,
}

_PRINTED: Mapping[str, _Printed] = {
    "flops": _Printed("FLOPs", "MFLOPs", 1e6, "MFLOPs"),
    "macs": _Printed("MACs", "MMACs", 1e6, "MMACs"),
    "parameters": _Printed("parameters", "Parameters [1000]", 1e3, "thousand parameters"),
    "ram": _Printed("RAM", "RAM [kB]", 1e3, "kB of RAM"),
    "rom": _Printed("ROM", "ROM [kB]", 1e3, "kB of ROM"),
    "latency": _Printed("latency", "Latency [ms]", 1.0, "ms"),
    "energy": _Printed("energy", "Energy [mJ]", 1.0, "mJ"),
    "meco": _Printed("MeCo", "MeCo"),
    "meco_opt": _Printed("MeCo-opt", "MeCo-opt"),
    "zico": _Printed("ZiCo", "ZiCo"),
    "naswot": _Printed("NASWOT", "NASWOT"),
    "snip": _Printed("SNIP", "SNIP"),
    "estimate": _Printed("estimated score", "Estimated score"),
}


def proxy_objective(name: str) -> Objective:
    """Return the objective that a proxy's score is."""
    return Objective(name, Origin.PROXY)


def default_objectives(scores: Sequence[str]) -> tuple[Objective, ...]:
    """Return the paper's objectives: FLOPs, and the score of each proxy (section 3.1)."""
    return (FLOPS, *map(proxy_objective, scores))


def costs_first(objectives: Sequence[Objective]) -> tuple[Objective, ...]:
    """Return the costs in their order, then the others in theirs."""
    return tuple(sorted(objectives, key=lambda objective: objective.origin is not Origin.COST))


def cost_count(objectives: Sequence[Objective]) -> int:
    """Return how many of the objectives are costs."""
    return sum(objective.origin is Origin.COST for objective in objectives)


def score_names(objectives: Sequence[Objective]) -> tuple[str, ...]:
    """Return the names of the objectives that are no costs."""
    return tuple(objective.name for objective in objectives if objective.origin is not Origin.COST)


def label_of(name: str) -> str:
    """Return how tables head an objective of which only the name was kept; a plug-in's stands as it is."""
    return _PRINTED[name].label if name in _PRINTED else name


def _exact(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.4g}"
