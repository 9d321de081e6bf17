"""The cost of one inference: an honest baseline that every proxy must beat."""

from typing import Any

from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd

from prototypenas.evidence import Watch, WatchingProxy


class CountedFlops:
    """Counts the operations of convolution and linear layers in the lone sample's pass."""

    def __init__(self) -> None:
        self._macs = 0

    def wants(self, module: nn.Module) -> bool:
        """Convolution and linear layers."""
        return isinstance(module, _ConvNd | nn.Linear)

    def see(self, module: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> None:
        """Add one call: each output value reads one row of weights, in a transposed convolution each input does."""
        written = inputs[0] if isinstance(module, _ConvNd) and module.transposed else output
        weight = module.get_parameter("weight")
        self._macs += written.numel() * weight[0].numel()

    def flops(self) -> float:
        """Return multiplications plus additions."""
        return 2.0 * self._macs


flops_score = WatchingProxy(
    Watch(CountedFlops),
    CountedFlops.flops,
    "FLOPs: twice the multiply-accumulates of one inference; a baseline that every proxy must beat.",
)
"""Twice the multiply-accumulates of convolution and linear layers; higher counts as better."""
