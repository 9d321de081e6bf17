"""Scoring one network by many proxies at the price of their shared passes."""

import math
import numbers
import reprlib
from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor, nn

from prototypenas.errors import ProxyError
from prototypenas.evidence.evidence import Evidence, WatchingProxy
from prototypenas.foreign_code import foreign_code
from prototypenas.prototype import Prototype
from prototypenas.safe_convolutions import SafeConvolutions
from prototypenas.types import Probe
from prototypenas.workers.threads import computing_threads

_SEED = 0
"""Of PyTorch's global generators while a proxy runs, so that its score cannot depend on what ran before."""


COMPLEX = (torch.complex32, torch.complex64, torch.complex128, np.dtype(np.complex64), np.dtype(np.complex128))


def unheard(proxy: str) -> None:
    """Hear which proxy begins, and do nothing."""


def score_prototype(
    model: nn.Module,
    probe: Probe,
    proxies: Mapping[str, Callable[[Evidence], float]],
    *,
    begins: Callable[[str], None] = unheard,
) -> dict[str, float]:
    """Score a network by all `proxies`, each as if it were alone; higher is better.

    Network and random states are afterwards as before, whatever a proxy did to them. All is computed on one thread, so
    that the scores are the same in every process. `begins` is told the name of each proxy before it is asked.

    Raises:
        ProxyError: at the first proxy that cannot score the network or gives no finite number.
    """
    watching = [proxy for proxy in proxies.values() if isinstance(proxy, WatchingProxy)]
    evidence = Evidence(model, probe, [proxy.watch for proxy in watching])
    # Watching proxies come last: the passes they watch have then been run, with gradients, for the others.
    ordered = sorted(proxies, key=lambda name: isinstance(proxies[name], WatchingProxy))
    devices = {parameter.device for parameter in model.parameters() if parameter.device.type == "cuda"}
    with torch.random.fork_rng(devices), computing_threads(1), SafeConvolutions():
        scores = {}
        for name in ordered:
            begins(name)
            scores[name] = _score(name, proxies[name], evidence)
    return {name: scores[name] for name in proxies}


def _score(name: str, proxy: Callable[[Evidence], float], evidence: Evidence) -> float:
    torch.manual_seed(_SEED)
    try:
        with foreign_code(ProxyError):
            score = _number(proxy(evidence))
    except ProxyError as error:
        raise ProxyError(f"{name}: {error}{_configuration(evidence)}") from error
    finally:
        evidence.restore()
    if not math.isfinite(score):
        raise ProxyError(f"{name}: the score is {score}; a proxy gives a finite number{_configuration(evidence)}")
    return score


def _number(score: object) -> float:
    """Return a score as a float; text is no number even where Python could read one from it.

    Raises:
        ProxyError: for anything but a real number, or a tensor or array of a single one.
    """
    if isinstance(score, numbers.Real):
        return float(score)
    if isinstance(score, Tensor | np.ndarray) and math.prod(score.shape) == 1 and score.dtype not in COMPLEX:
        return float(score.item())
    raise ProxyError(f"the score is {reprlib.repr(score)}; a proxy gives a finite number")


def _configuration(evidence: Evidence) -> str:
    model = evidence.model
    return f" ({model.configuration})" if isinstance(model, Prototype) else ""
