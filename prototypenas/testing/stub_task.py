"""An exploration without networks: arithmetic in place of pricing and scoring, for tests of all that is around them."""

import hashlib
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from prototypenas.evidence import unheard
from prototypenas.exploration.candidate_evaluation import Evaluated
from prototypenas.objectives import Goals, default_objectives
from prototypenas.plugins import PluginSource
from prototypenas.types import Budget, Built, Candidate, Configuration, Cost, Explored, Footprint, Invalid, Rejection


def _default_budget() -> Budget:
    return Budget(ram_bytes=400_000, rom_bytes=1_000_000, flops=250_000_000)


@dataclass(frozen=True)
class StubTask:
    """Costs and scores that conflict as real ones do; about half of all random configurations fit."""

    budget: Budget = field(default_factory=_default_budget)
    proxy_names: tuple[str, ...] = ("breadth", "length", "reach", "balance")
    plugins: tuple[PluginSource, ...] = ()
    seconds: float = 0.0
    """Each scoring takes this long."""
    deadly: tuple[int, ...] = ()
    """Candidates whose scoring kills the process, every time."""
    deadly_once: tuple[int, ...] = ()
    """Candidates whose scoring kills the process the first time; `scars` remembers it."""
    scars: Path | None = None

    @property
    def goals(self) -> Goals:
        """FLOPs and the scores."""
        return Goals(default_objectives(self.proxy_names), self.budget)

    def identity(self) -> Mapping[str, Any]:
        """Return plain JSON values that say whether two tasks give the same results."""
        return {"proxies": list(self.proxy_names), **asdict(self.budget)}

    def price(self, candidate: Candidate) -> Evaluated[Invalid | Built]:
        """Price by arithmetic; the narrowest networks cannot be built."""
        configuration = candidate.configuration
        if configuration.width < 0.15:
            return Evaluated(candidate.invalid(Rejection("invalid", "no channel is left")))
        cost = _cost(configuration)
        digest = hashlib.sha256(repr((configuration.architecture, asdict(cost))).encode()).hexdigest()[:16]
        built, rejection = candidate.built(cost, digest), self.budget.rejection(cost)
        return Evaluated(built.rejected(rejection) if rejection else built)

    def score(self, candidate: Built, begins: Callable[[str], None] = unheard) -> Evaluated[Explored]:
        """Score by arithmetic, or die as told."""
        time.sleep(self.seconds)
        if candidate.number in self.deadly or self._dies_now(candidate.number):
            os.kill(os.getpid(), signal.SIGKILL)
        groups = candidate.configuration.groups
        depth = sum(group.depth for group in groups)
        values = (
            candidate.configuration.width * sum(1 - group.sparsity for group in groups),
            float(depth),
            sum(group.kernel / group.stride for group in groups),
            -sum(abs(group.depth - depth / len(groups)) for group in groups) - candidate.cost.macs / 1e9,
        )
        return Evaluated(candidate.scored(dict(zip(self.proxy_names, values, strict=True))))

    def _dies_now(self, number: int) -> bool:
        if number not in self.deadly_once or self.scars is None:
            return False
        scar = self.scars / str(number)
        if scar.exists():
            return False
        scar.touch()
        return True


def _cost(configuration: Configuration) -> Cost:
    """Steps of 16 channels, so that different configurations often give the same network."""
    size, macs, weights, activations = 64, 0, 0, 0
    for place, group in enumerate(configuration.groups):
        size //= group.stride
        channels = 16 * max(1, round(configuration.width * (1 - group.sparsity) * (place + 1)))
        kernel_weights = group.depth * channels * (group.kernel**2 + channels)
        weights += 4 * kernel_weights
        macs += kernel_weights * size * size
        activations = max(activations, 2 * size * size * channels)
    footprint = Footprint(
        activations_bytes=activations,
        scratch_bytes=1024,
        stack_bytes=2048,
        weights_bytes=weights,
        biases_bytes=512,
        requantization_bytes=256,
        descriptors_bytes=128,
        code_bytes=20_000,
    )
    return Cost(macs=macs, parameters=weights, footprint=footprint)
