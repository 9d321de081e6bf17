"""One candidate's evaluation: a pure function of its configuration, in two stages.

Pricing needs shapes alone and rejects what does not fit; only what fits is built with weights and scored.
"""

import hashlib
import math
import reprlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from statistics import fmean
from time import perf_counter
from typing import Any, Generic, Protocol, TypeVar

import torch
from torch import nn

from prototypenas.costing.footprint import cost_of
from prototypenas.costing.latency import check_estimated
from prototypenas.errors import ConfigurationError, InvalidConfiguration, ProxyError
from prototypenas.evidence import gaussian_probe, score_prototype, unheard
from prototypenas.foreign_code import foreign_code
from prototypenas.graph.lowering import lower
from prototypenas.objectives import COSTS, Goals, proxy_objective
from prototypenas.plugins import PluginSource
from prototypenas.protocols import Baseline, OwnCost, Priced, Proxy
from prototypenas.runs.records import plain
from prototypenas.types import (
    Budget,
    Built,
    Candidate,
    Configuration,
    Explored,
    InputShape,
    Invalid,
    Probe,
    Rejected,
    Rejection,
    Target,
)

Reached_co = TypeVar("Reached_co", bound=Candidate, covariant=True)


@dataclass(frozen=True)
class Seconds:
    """Time spent on a candidate, by part."""

    build: float = 0.0
    lower: float = 0.0
    plan: float = 0.0
    proxies: float = 0.0

    def __add__(self, other: "Seconds") -> "Seconds":
        return Seconds(
            self.build + other.build,
            self.lower + other.lower,
            self.plan + other.plan,
            self.proxies + other.proxies,
        )


@dataclass(frozen=True)
class Evaluated(Generic[Reached_co]):
    """A candidate after a stage, and what the stage took."""

    candidate: Reached_co
    seconds: Seconds = field(default_factory=Seconds)


class Task(Protocol):
    """What is evaluated of every candidate; small and picklable, for it travels to every worker once."""

    @property
    def goals(self) -> Goals:
        """What candidates are compared by, and the limits they must meet."""

    @property
    def plugins(self) -> tuple[PluginSource, ...]:
        """Plug-in files that a worker loads before it unpickles the task."""

    def identity(self) -> Mapping[str, Any]:
        """Return plain JSON values that say whether two tasks give the same results."""

    def price(self, candidate: Candidate) -> Evaluated[Invalid | Built]:
        """Find out what the network costs: it cannot be built, breaks a limit, or is to be scored."""

    def score(self, candidate: Built, begins: Callable[[str], None]) -> Evaluated[Explored]:
        """Score a network that fits, or say why that is impossible; tell `begins` the name of each proxy."""


@dataclass(frozen=True)
class ExplorationTask:
    """What the search evaluates: the paper's proxies and costs (section 3.1)."""

    baselines: Mapping[str, Baseline]
    """Functions of a module, or frozen dataclasses: whatever pickles by reference."""
    proxies: Mapping[str, Proxy]
    input_shape: InputShape
    num_classes: int
    target: Target
    budget: Budget
    seed: int = 0
    """Of the weights, and of the default probe; the same for all candidates, so that chance favours none."""
    weight_seeds: int = 1
    """Drawings of the weights that scores are averaged over, from `seed` on; SNIP and MeCo vary most between them."""
    batch_size: int = 16
    probe: Probe | None = None
    """Real data for the proxies; `None` draws standard normal inputs and uniform labels."""
    device: str = "cpu"
    plugins: tuple[PluginSource, ...] = ()
    detects: bool = False
    """Whether the outputs are a detector's levels, so that making boxes of them is part of the cost."""

    costs: tuple[str, ...] = ("flops",)
    """Costs that are objectives, beside the proxies."""
    own_costs: Mapping[str, OwnCost] = field(default_factory=dict)
    """Costs that plug-ins define, those that are objectives or limited; all are computed of every candidate."""

    @property
    def goals(self) -> Goals:
        """What candidates are compared by, and the limits they must meet."""
        costs = (COSTS[name] if name in COSTS else self.own_costs[name].objective(name) for name in self.costs)
        return Goals((*costs, *map(proxy_objective, self.proxies)), self.budget)

    def __post_init__(self) -> None:
        check_estimated((*self.costs, *(limit.objective.name for limit in self.budget.limits())), self.target)
        if self.weight_seeds < 1:
            raise ConfigurationError(f"{self.weight_seeds} drawings of the weights asked for; at least 1 is needed")

    def identity(self) -> Mapping[str, Any]:
        """Return plain JSON values that say whether two tasks give the same results."""
        return {
            "architectures": list(self.baselines),
            "objectives": [plain(objective) for objective in self.goals.objectives],
            "input_shape": list(self.input_shape),
            "num_classes": self.num_classes,
            "target": self.target.name,
            "core": self.target.core,
            "clock_hz": self.target.clock_hz,
            "execution": self.target.execution.value,
            "ram_limit": self.budget.ram_bytes,
            "rom_limit": self.budget.rom_bytes,
            "flops_limit": self.budget.flops,
            "more_limits": [plain(limit) for limit in self.budget.more],
            "seed": self.seed,
            "weight_seeds": self.weight_seeds,
            "batch_size": self.batch_size,
            "probe": "gaussian" if self.probe is None else _probe_digest(self.probe),
            "device": self.device,
            **({"detects": True} if self.detects else {}),
        }

    def price(self, candidate: Candidate) -> Evaluated[Invalid | Built]:
        """Build on the meta device, lower, plan, and hold the cost against the budget."""
        start = perf_counter()
        try:
            with torch.device("meta"):
                model = self._build(candidate.configuration)
        except InvalidConfiguration as error:
            return Evaluated(candidate.invalid(Rejection("invalid", str(error))), Seconds(build=perf_counter() - start))
        ready = perf_counter()
        graph = lower(model, self.input_shape)
        lowered = perf_counter()
        cost = cost_of(graph, self.target, detects=self.detects)
        if self.own_costs:
            cost = replace(cost, own=self._own_costs(Priced(graph, cost, self.target)))
        seconds = Seconds(build=ready - start, lower=lowered - ready, plan=perf_counter() - lowered)
        built, rejection = candidate.built(cost, graph.digest()), self.budget.rejection(cost)
        return Evaluated(built.rejected(rejection) if rejection else built, seconds)

    def score(self, candidate: Built, begins: Callable[[str], None] = unheard) -> Evaluated[Explored]:
        """Build with weights and score by every proxy; the mean over the drawings of the weights."""
        if not self.proxies:
            return Evaluated(candidate.scored({}))
        start = perf_counter()
        building = 0.0
        drawn = []
        try:
            # Weights depend on the seed alone, not on what was drawn before: a candidate scores the same on any worker,
            # in any order, and beside any other.
            for seed in range(self.seed, self.seed + self.weight_seeds):
                began = perf_counter()
                with torch.random.fork_rng([]):
                    torch.manual_seed(seed)
                    model = self._build(candidate.configuration)
                building += perf_counter() - began
                drawn.append(score_prototype(model.to(self.device), self._probe(), self.proxies, begins=begins))
        except ProxyError as error:
            scored: Explored = candidate.rejected(Rejection("proxy", str(error)))
        else:
            scored = candidate.scored({name: fmean(one[name] for one in drawn) for name in self.proxies})
        return Evaluated(scored, Seconds(build=building, proxies=perf_counter() - start - building))

    def _own_costs(self, priced: Priced) -> dict[str, float]:
        found = {}
        for name, own in self.own_costs.items():
            with foreign_code(ConfigurationError, f"cost {name}: "):
                found[name] = float(own.function(priced))
            if not math.isfinite(found[name]):
                raise ConfigurationError(f"cost {name} gave {found[name]}; a cost is a finite number")
        return found

    def _build(self, configuration: Configuration) -> nn.Module:
        name = configuration.architecture
        with foreign_code(InvalidConfiguration, f"{name}: "):
            model = self.baselines[name](configuration, self.input_shape, self.num_classes)
        if not isinstance(model, nn.Module):
            raise ConfigurationError(f"architecture {name} gave {reprlib.repr(model)}; it must give a Prototype")
        return model

    def _probe(self) -> Probe:
        if self.probe is not None:
            return self.probe.to(self.device)
        return _drawn_probe(self.input_shape, self.num_classes, self.batch_size, self.seed).to(self.device)


def evaluate_candidate(number: int, configuration: Configuration, task: Task) -> Explored:
    """Evaluate one configuration: price it, and score it if it fits.

    Raises:
        LoweringError: if a baseline uses a function that the graph has no operator for.
    """
    priced = task.price(Candidate(number, configuration)).candidate
    return priced if isinstance(priced, Invalid | Rejected) else task.score(priced, unheard).candidate


@lru_cache(maxsize=1)
def _drawn_probe(input_shape: InputShape, num_classes: int, batch_size: int, seed: int) -> Probe:
    return gaussian_probe(input_shape, num_classes, batch_size=batch_size, seed=seed)


def _probe_digest(probe: Probe) -> str:
    digest = hashlib.sha256()
    for tensor in (probe.sample, *(part for batch in probe.batches for part in (batch.inputs, batch.targets))):
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()[:16]
