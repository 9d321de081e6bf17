"""MeCo-opt: MeCo on eight channels drawn from each feature map, times how many there are (Jiang et al. 2023)."""

from typing import Any

import torch
from torch import Tensor, nn

from prototypenas.evidence import Watch, WatchingProxy
from proxies.meco import correlations

DRAWN_CHANNELS = 8
"""Channels drawn from each feature map, as in the reference implementation."""


class DrawnLeastEigenvalues:
    """Collects the correlations of channels drawn with a fixed seed from every leaf module's output.

    The reference fails on fewer than 8 channels; here such a map is taken whole and weighs 1, as one of 8 does.
    """

    def __init__(self, seed: int = 0) -> None:
        self._generator = torch.Generator().manual_seed(seed)
        self._matrices: list[Tensor] = []
        self._weights: list[float] = []

    def wants(self, module: nn.Module) -> bool:
        """Leaf modules only."""
        return next(module.children(), None) is None

    def see(self, module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        """Draw from one output `(1, C, ...)`."""
        if not isinstance(output, Tensor) or output.ndim < 2:
            return
        channels = output.shape[1]
        drawn = torch.randperm(channels, generator=self._generator)[:DRAWN_CHANNELS]
        matrix = correlations(output[0, drawn.to(output.device)].reshape(len(drawn), -1))
        if matrix is not None:
            self._matrices.append(matrix)
            self._weights.append(channels / len(drawn))

    def total(self) -> float:
        """Return the weighted sum of all least eigenvalues."""
        least = (float(torch.linalg.eigvalsh(matrix)[0]) for matrix in self._matrices)
        return sum(weight * value for weight, value in zip(self._weights, least, strict=True))


meco_opt_score = WatchingProxy(
    Watch(DrawnLeastEigenvalues),
    DrawnLeastEigenvalues.total,
    "MeCo-opt: MeCo on eight channels drawn from each feature map, which is quicker (Jiang et al. 2023).",
)
"""Sum over leaf modules of `C / 8` times the least eigenvalue among 8 drawn channels; higher is better."""
