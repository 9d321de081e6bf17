"""How wide a network is: the mean of the logarithms of its convolutions' channels."""

import math

from prototypenas.errors import ProxyError
from prototypenas.evidence import Evidence


def channels_score(evidence: Evidence) -> float:
    """Channels: how wide the network is, as the mean of log(output channels) over its convolutions.

    Higher is better. Widths multiply along a network, so the logarithm: one narrow layer costs what a wide one cannot
    give back. Needs no pass through the network.

    Raises:
        ProxyError: if there is no convolution.
    """
    widths = [weight.shape[0] for weight in evidence.weights.values() if weight.dim() > 2]
    if not widths:
        raise ProxyError("the network has no convolution")
    return sum(math.log(width) for width in widths) / len(widths)
