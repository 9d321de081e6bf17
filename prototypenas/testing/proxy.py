"""Conformance kit for proxies: what every zero-shot score must hold, and what it costs."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from prototypenas.evidence import Evidence, NetworkState, gaussian_probe, score_prototype
from prototypenas.testing.baseline import ConformanceError
from prototypenas.types import Probe

_ROUNDS = 3


@dataclass(frozen=True)
class ProxyVerdict:
    """What a conforming proxy gave, and its price."""

    score: float
    cpu_seconds: float
    """Asked for alone."""
    relative_cost: float
    """In units of the floor: two plain forward and backward passes of the probe's batches."""

    def __str__(self) -> str:
        return f"conforms: score {self.score:g}, {self.cpu_seconds:.3f} s, {self.relative_cost:.2f} x the floor"


def check_proxy(
    name: str, proxy: Callable[[Evidence], float], model: nn.Module | None = None, probe: Probe | None = None
) -> ProxyVerdict:
    """Check that a proxy is finite, deterministic, and leaves network and random state as they were.

    Probe, weights and gradients are handed to it as copies, which it may overwrite. Without a model it is checked on
    a small convolutional network with Gaussian inputs.

    Raises:
        ConformanceError: if it breaks the contract; the message says how.
        ProxyError: if it cannot score the network.
    """
    model = _small_network() if model is None else model
    probe = gaussian_probe((3, 32, 32), 10) if probe is None else probe
    first = _undisturbed_score(name, proxy, model, probe)
    torch.rand(1)
    second = _undisturbed_score(name, proxy, model, probe)
    shared = score_prototype(model, probe, {"another": _another_proxy, name: proxy})[name]
    if not first == second == shared:
        raise ConformanceError(
            f"{name} gives {first}, {second}, and {shared} beside another proxy; seed what is random"
        )
    seconds = _least_seconds(lambda: score_prototype(model, probe, {name: proxy}))
    floor = _least_seconds(lambda: _another_proxy(Evidence(model, probe)))
    return ProxyVerdict(first, seconds, seconds / floor)


def _undisturbed_score(name: str, proxy: Callable[[Evidence], float], model: nn.Module, probe: Probe) -> float:
    network, random = NetworkState(model), torch.get_rng_state()
    score = float(proxy(Evidence(model, probe)))
    changes = list(network.differences())
    if not torch.equal(random, torch.get_rng_state()):
        changes.append("PyTorch's random state moved on; use a torch.Generator")
    network.restore()
    if changes:
        raise ConformanceError(f"{name} does not leave things as they were, so work on copies: {'; '.join(changes)}")
    if not math.isfinite(score):
        raise ConformanceError(f"{name} gives {score}; raise ProxyError where a network cannot be scored")
    return score


def _another_proxy(evidence: Evidence) -> float:
    """Ask for both passes."""
    return sum(float(gradient.norm()) for batch in (0, 1) for gradient in evidence.gradients(batch).values())


def _least_seconds(work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(_ROUNDS):
        begin = time.process_time()
        work()
        seconds.append(time.process_time() - begin)
    return min(seconds)


def _small_network() -> nn.Module:
    with torch.random.fork_rng([]):
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(32), nn.ReLU(),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10),
        )  # fmt: skip
