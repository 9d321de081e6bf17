"""The number of parameters: an honest baseline that every proxy must beat."""

from prototypenas.evidence import Evidence


def params_score(evidence: Evidence) -> float:
    """Parameters: how many the network has; a baseline that every proxy must beat. More counts as better."""
    return float(sum(parameter.numel() for parameter in evidence.model.parameters()))
