"""The narrowest place of a network."""

from prototypenas.errors import ProxyError
from prototypenas.evidence import Evidence


def fewest_channels_score(evidence: Evidence) -> float:
    """Return the least number of output channels of any convolution; higher is better.

    All that a network knows of its input has to pass there. Needs no pass through the network.

    Raises:
        ProxyError: if there is no convolution.
    """
    widths = [weight.shape[0] for weight in evidence.weights.values() if weight.dim() > 2]
    if not widths:
        raise ProxyError("the network has no convolution")
    return float(min(widths))
