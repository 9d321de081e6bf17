"""MeCo: how far the channels of each feature map are from linear dependence (Jiang et al. 2023)."""

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd

from prototypenas.errors import ProxyError
from prototypenas.evidence import Watch, WatchingProxy


class LeastEigenvalues:
    """Collects the channel correlations of every module's output in the lone sample's pass.

    A module whose correlation matrix is singular by construction adds exactly 0 and costs nothing; a module whose
    output has the same correlations as its input (normalisation, a container) adds its input's once more.
    """

    def __init__(self, all_modules: bool = False) -> None:
        self._all_modules = all_modules
        self._matrices: list[Tensor] = []
        self._times: list[int] = []
        self._last: tuple[Tensor, int] | None = None
        self._last_index: int | None = None

    def wants(self, module: nn.Module) -> bool:
        """Leaf modules, or every module as the reference implementation does."""
        return self._all_modules or next(module.children(), None) is None

    def see(self, module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        """Take the correlations of one output `(1, C, ...)`; anything else is no feature map and adds nothing."""
        if not isinstance(output, Tensor) or output.ndim < 2:
            return
        if not (self._is_last(output) or (_keeps_correlations(module) and self._is_last(inputs[0]))):
            self._last_index = (
                None if _is_singular(module) else self._add(correlations(output[0].reshape(output.shape[1], -1)))
            )
        self._last = (output, output._version)
        if self._last_index is not None:
            self._times[self._last_index] += 1

    def total(self) -> float:
        """Return the sum of all least eigenvalues."""
        by_size: dict[int, list[int]] = {}
        for index, matrix in enumerate(self._matrices):
            by_size.setdefault(matrix.shape[0], []).append(index)
        total = 0.0
        for indices in by_size.values():
            least = torch.linalg.eigvalsh(torch.stack([self._matrices[index] for index in indices]))[:, 0]
            total += sum(self._times[index] * value for index, value in zip(indices, least.tolist(), strict=True))
        return total

    def _add(self, matrix: Tensor | None) -> int | None:
        if matrix is None:
            return None
        self._matrices.append(matrix)
        self._times.append(0)
        return len(self._matrices) - 1

    def _is_last(self, tensor: Tensor) -> bool:
        return self._last is not None and self._last[0] is tensor and self._last[1] == tensor._version


def correlations(rows: Tensor) -> Tensor | None:
    """Return the `C x C` Pearson correlations of `(C, n)` rows; `None` where they are singular for certain.

    That is with `C > n - 1`, since centred rows span at most `n - 1` dimensions, or where a row is constant: its
    correlations are undefined and count as 0.

    Raises:
        ProxyError: if a value is not finite.
    """
    channels, positions = rows.shape
    if channels > positions - 1:
        return None
    centred = rows - rows.mean(dim=1, keepdim=True)
    products = centred @ centred.T
    variances = products.diagonal()
    if not bool(variances.isfinite().all()):
        raise ProxyError("a feature map holds values that are not finite")
    # Rounding leaves a constant row a tiny variance; only rows that look constant are compared value by value.
    suspects = rows[variances <= 1e-9 * positions * rows.square().amax(dim=1)]
    if bool((suspects == suspects[:, :1]).all(dim=1).any()):
        return None
    scales = variances.rsqrt()
    return products * scales * scales[:, None]


def _is_singular(module: nn.Module) -> bool:
    """A convolution with more outputs than it reads values per position: its outputs are linearly dependent."""
    if not isinstance(module, _ConvNd) or module.transposed:
        return False
    return module.out_channels // module.groups > module.weight[0].numel()


def _keeps_correlations(module: nn.Module) -> bool:
    """Normalisation maps each channel by itself, linearly: correlations change their sign at most."""
    return isinstance(module, _BatchNorm) and (module.weight is None or bool(module.weight.all()))


meco_score = WatchingProxy(
    Watch(LeastEigenvalues),
    LeastEigenvalues.total,
    "MeCo: how far the channels of each feature map are from repeating one another (Jiang et al. 2023).",
)
"""Sum over leaf modules of the least eigenvalue of the channel correlations of one sample; higher is better."""

meco_all_modules_score = WatchingProxy(
    Watch(partial(LeastEigenvalues, all_modules=True)),
    LeastEigenvalues.total,
    "MeCo over every module, containers too, equal to the reference implementation.",
)
"""The same over every module, containers too, equal to the reference implementation; for comparisons."""
