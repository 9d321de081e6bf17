"""SNIP: how much the loss hangs on the weights (Lee et al. 2019, as a network score Abdelfattah et al. 2021)."""

import torch

from prototypenas.errors import ProxyError
from prototypenas.evidence import Evidence


def snip_score(evidence: Evidence) -> float:
    """SNIP: how much the loss of one batch hangs on the weights, taken together (Lee et al. 2019).

    It is the sum of `|w * dL/dw|` over all weights w; higher is better.

    Raises:
        ProxyError: if all gradients are 0.
    """
    gradients, weights = evidence.gradients(0), evidence.weights
    products = [weights[name] * gradient for name, gradient in gradients.items()]
    total = sum(float(torch.linalg.vector_norm(product, 1, dtype=torch.float64)) for product in products)
    if total == 0.0:
        raise ProxyError("no gradient reaches any weight")
    return total
