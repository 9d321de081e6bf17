"""What layers take on a board, as its owner measured them: plain data, read by `latency_table`."""

from dataclasses import dataclass
from typing import NamedTuple

from prototypenas.errors import ConfigurationError


class KernelCycles(NamedTuple):
    """What one C kernel takes: cycles for each multiply-accumulate and for each output."""

    kernel: str
    per_mac: float
    per_output: float


@dataclass(frozen=True)
class MeasuredCycles:
    """The rates of a board's kernels."""

    kernels: tuple[KernelCycles, ...]
    relative_error: float
    """Mean error of a layer that was measured."""
    source: str

    def cycles(self, kernel: str, macs: int, outputs: int) -> float:
        """Return a layer's cycles.

        Raises:
            ConfigurationError: if the kernel was not measured.
        """
        for rates in self.kernels:
            if rates.kernel == kernel:
                return rates.per_mac * macs + rates.per_output * outputs
        known = ", ".join(rates.kernel for rates in self.kernels)
        raise ConfigurationError(
            f"{kernel} was not measured ({self.source}: {known}); `prototypenas bench` measures all kernels"
        )
