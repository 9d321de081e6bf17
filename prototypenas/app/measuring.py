"""Price a network from Python."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn

from prototypenas.app.catalogue import gather
from prototypenas.app.networks import network_to_measure
from prototypenas.app.settings import DEFAULT_TARGET
from prototypenas.choices import choose
from prototypenas.costing.measurement import Measurement, measure_network
from prototypenas.errors import ConfigurationError
from prototypenas.reporting.listings import measurement_table
from prototypenas.reporting.notebook import table_html
from prototypenas.types import Target


@dataclass(frozen=True, repr=False)
class Measured:
    """A network priced on a target."""

    measurement: Measurement
    """Memory plan, layers and all."""
    target: Target

    @property
    def ram_bytes(self) -> int:
        """Arena, scratch and stack."""
        return self.measurement.cost.footprint.ram_bytes

    @property
    def rom_bytes(self) -> int:
        """Constants and kernel code."""
        return self.measurement.cost.footprint.rom_bytes

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference."""
        return self.measurement.cost.macs

    @property
    def parameters(self) -> int:
        """Weights and biases, normalisation folded."""
        return self.measurement.cost.parameters

    @property
    def latency_ms(self) -> float | None:
        """An estimate; `None` for a core that no published timing calibrates."""
        return None if self.measurement.latency is None else self.measurement.latency.latency_ms

    @property
    def fits(self) -> bool:
        """Whether it meets the target's limits."""
        return all(excess <= 0 for excess in self.measurement.violations.values())

    def __repr__(self) -> str:
        return (
            f"<Measured on {self.target.name}: {self.ram_bytes:,} bytes of RAM, {self.rom_bytes:,} of ROM, "
            f"{self.macs:,} MACs, {'fits' if self.fits else 'does not fit'}>"
        )

    def _repr_html_(self) -> str:
        return table_html(measurement_table(self.measurement, self.target))


def measure(
    network: str | nn.Module,
    *,
    input: Sequence[int] | None = None,
    target: str | Target = DEFAULT_TARGET,
    configuration: str | None = None,
    classes: int | None = None,
) -> Measured:
    """Price a network on a target; it is not run and not changed.

    Args:
        network: a module, a published network, an architecture, `file.pt2` or `module:function`.
        input: one sample without its batch, `(C, H, W)` or `(C, T)`; a named network has one of its own.
        configuration: of an architecture, as `width=0.5 depths=1,2,1,1`.

    Raises:
        ConfigurationError: for an unknown name, or a module without `input`.
        LoweringError: where the network uses a function that the graph has no operator for.
    """
    catalogue = gather()
    goal = target if isinstance(target, Target) else choose("target", target, catalogue.targets)
    shape = None if input is None else tuple(input)
    if isinstance(network, str):
        module, shape = network_to_measure(catalogue, network, configuration, shape, classes)
    elif shape is None:
        raise ConfigurationError("give the shape of one sample, as input=(3, 96, 96)")
    else:
        module = network
    return Measured(measure_network(module, shape, goal), goal)
