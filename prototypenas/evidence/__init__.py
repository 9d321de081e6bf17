"""What proxies look at: shared passes over an untrained network, and the scoring of a network by many proxies."""

from prototypenas.evidence.evidence import Evidence, Watch, Watcher, WatchingProxy
from prototypenas.evidence.network_state import NetworkState
from prototypenas.evidence.probes import gaussian_probe, pooled_cross_entropy
from prototypenas.evidence.scoring import score_prototype, unheard

__all__ = [
    "Evidence",
    "NetworkState",
    "Watch",
    "Watcher",
    "WatchingProxy",
    "gaussian_probe",
    "pooled_cross_entropy",
    "score_prototype",
    "unheard",
]
