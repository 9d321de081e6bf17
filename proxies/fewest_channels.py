"""The narrowest place of a network."""

from prototypenas.errors import ProxyError
from prototypenas.evidence import Evidence


def fewest_channels_score(evidence: Evidence) -> float:
    """Fewest channels: how wide the network is where it is narrowest, in output channels of a convolution.

    Higher is better. All that a network knows of its input has to pass there. Needs no pass through the network.

    Raises:
        ProxyError: if there is no convolution.
    """
    widths = [weight.shape[0] for weight in evidence.weights.values() if weight.dim() > 2]
    if not widths:
        raise ProxyError("the network has no convolution")
    return float(min(widths))
