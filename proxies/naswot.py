"""NASWOT: how differently a batch switches the activation units of a network (Mellor et al. 2021)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from prototypenas.errors import ProxyError
from prototypenas.evidence import Watch, WatchingProxy

ACTIVATIONS = (
    nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.RReLU, nn.ELU, nn.CELU, nn.SELU,
    nn.GELU, nn.SiLU, nn.Mish, nn.Hardswish, nn.Softplus,
)  # fmt: skip
"""Modules whose units count. The paper knows ReLU only; for the others the code is the sign of the unit's input too."""


class ActivationCodes:
    """Collects which units each input of the batch switches on, one bit a unit.

    A unit is on where its activation's input is above 0. An activation module called k times counts k times. The
    reference leaves out activations that the loss does not depend on; here all that run are counted.
    """

    def __init__(self) -> None:
        self._codes: list[NDArray[np.uint8]] = []
        self._units = 0

    def wants(self, module: nn.Module) -> bool:
        """Activation modules."""
        return isinstance(module, ACTIVATIONS)

    def see(self, module: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> None:
        """Read the codes off the input; where it was overwritten in place, the same values are above 0 as before."""
        on = inputs[0].detach() > 0
        if on.ndim == 4:
            # The order of the units does not matter; this one needs no copy of channels-last maps.
            on = on.permute(0, 2, 3, 1)
        on = on.flatten(1).cpu().numpy()
        self._codes.append(np.packbits(on, axis=1))
        self._units += on.shape[1]

    def kernel(self) -> NDArray[np.int64]:
        """Return the `N x N` matrix of units on which two inputs agree, in integers.

        Raises:
            ProxyError: if no activation has run.
        """
        if not self._codes:
            raise ProxyError("the network has no activation units")
        words = _as_words(np.concatenate(self._codes, axis=1))
        agreeing = np.full((len(words), len(words)), self._units, dtype=np.int64)
        for row in range(len(words) - 1):
            differing = np.bitwise_count(words[row] ^ words[row + 1 :]).sum(axis=1, dtype=np.int64)
            agreeing[row, row + 1 :] -= differing
            agreeing[row + 1 :, row] -= differing
        return agreeing

    def log_determinant(self) -> float:
        """Return the logarithm of the kernel's determinant.

        Raises:
            ProxyError: if no activation has run, or two inputs switch all units alike.
        """
        kernel = self.kernel()
        if len(np.unique(kernel, axis=0)) < len(kernel):
            raise ProxyError("two inputs switch all activation units alike")
        sign, logarithm = np.linalg.slogdet(kernel.astype(np.float64))
        if sign <= 0:
            raise ProxyError("the activation codes of the batch are linearly dependent")
        return float(logarithm)


def _as_words(codes: NDArray[np.uint8]) -> NDArray[np.uint64]:
    return np.pad(codes, ((0, 0), (0, -codes.shape[1] % 8))).view(np.uint64)


naswot_score = WatchingProxy(
    Watch(ActivationCodes, batch=0),
    ActivationCodes.log_determinant,
    "NASWOT: how differently the samples of a batch switch the activation units (Mellor et al. 2021).",
)
"""Log-determinant of the kernel of activation codes of batch 0; higher is better.

Scores compare at equal batch sizes only.
"""
