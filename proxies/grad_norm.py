"""GradNorm: the size of the loss gradient (Abdelfattah et al. 2021)."""

import torch

from prototypenas.errors import ProxyError
from prototypenas.evidence import Evidence


def grad_norm_score(evidence: Evidence) -> float:
    """GradNorm: how large the gradients of the weights are on one batch (Abdelfattah et al. 2021).

    It is the sum over layers of the Euclidean norm; higher is better.

    Raises:
        ProxyError: if all gradients are 0.
    """
    gradients = evidence.gradients(0).values()
    total = sum(float(torch.linalg.vector_norm(gradient, dtype=torch.float64)) for gradient in gradients)
    if total == 0.0:
        raise ProxyError("no gradient reaches any weight")
    return total
