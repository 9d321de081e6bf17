"""Estimated cycles, milliseconds and millijoules: a fit to published timings, or to a table measured by the user.

`cycles = 1.00 MAC(dense) + 6.6 MAC(depthwise) + 1.9 MAC(linear) + 5.2 outputs`, fitted by non-negative least squares
on the relative error to 13 published Cortex-M7 timings: MobileNetV2 and SqueezeNet in the STM32 model zoo (STM32H7 at
400 MHz) and MLPerf Tiny v1.1 on the NUCLEO-H7A3ZI. Those used vendor kernels and on-chip flash: other kernels and
weights in external flash (i.MX RT1062) shift the figure; one library version alone moved one network by 40 %. The
factors stand with their operators, as `cycles_per_mac`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from prototypenas.costing.measured_cycles import MeasuredCycles
from prototypenas.errors import ConfigurationError
from prototypenas.graph.graph import Graph
from prototypenas.graph.operator import Operator
from prototypenas.graph.tensors import TensorSpec
from prototypenas.types import Target

CYCLES_PER_OUTPUT = 5.2
"""Requantization and stores, for each output element of a convolution or linear layer."""


@dataclass(frozen=True)
class CycleModel:
    """How a core's cycles follow from those of a Cortex-M7."""

    factor: float
    relative_error: float
    """Mean error of a network that the fit has not seen."""
    source: str


CYCLE_MODELS: Mapping[str, CycleModel] = MappingProxyType(
    {
        "cortex-m7": CycleModel(
            factor=1.0,
            relative_error=0.066,
            source="13 published timings (STM32 model zoo, MLPerf Tiny v1.1): leave-one-out error 6.6 %, worst 15 %",
        ),
        "cortex-m4": CycleModel(
            factor=2.5,
            relative_error=0.2,
            source="MLPerf Tiny: cycles of NUCLEO-L4R5ZI over NUCLEO-H7A3ZI, 2.0 to 3.0 on four networks",
        ),
    }
)
"""By core. Others are absent because no published timings of these networks calibrate them."""


@dataclass(frozen=True)
class LayerLatency:
    """Share of one operator; operators that are not convolutions or linear layers count as 0, as in the fit."""

    operator: str
    cycles: float
    latency_ms: float


@dataclass(frozen=True)
class LatencyEstimate:
    """What one inference is expected to take; an estimate, with the error to print beside it."""

    layers: tuple[LayerLatency, ...]
    cycles: float
    latency_ms: float
    relative_error: float
    source: str
    energy_mj: float | None
    """Active power times latency; None where the target's power is unknown."""


def estimate_latency(graph: Graph, target: Target) -> LatencyEstimate | None:
    """Estimate one inference, layer by layer; None for a core that no published timing or table calibrates.

    Raises:
        ConfigurationError: if the target's own table lacks a kernel of the graph.
    """
    measured = target.measured_cycles
    model = CYCLE_MODELS.get(target.core)
    if measured is not None:
        cycles = [_measured_cycles(operator, graph.tensors, measured) for operator in graph.operators]
        error, source = measured.relative_error, measured.source
    elif model is not None:
        cycles = [model.factor * _cortex_m7_cycles(operator, graph.tensors) for operator in graph.operators]
        error, source = model.relative_error, model.source
    else:
        return None
    layers = tuple(
        LayerLatency(operator.name, count, _milliseconds(count, target))
        for operator, count in zip(graph.operators, cycles, strict=True)
    )
    latency_ms = _milliseconds(sum(cycles), target)
    energy_mj = None if target.active_power_mw is None else target.active_power_mw * latency_ms / 1000.0
    return LatencyEstimate(layers, sum(cycles), latency_ms, error, source, energy_mj)


def check_estimated(costs: Iterable[str], target: Target) -> None:
    """Refuse latency and energy as objectives or limits on a target that has no estimate of them.

    Raises:
        ConfigurationError: saying what is missing.
    """
    for cost in {"latency", "energy"} & set(costs):
        if target.core not in CYCLE_MODELS and target.measured_cycles is None:
            raise ConfigurationError(
                f"{target.name} has no latency model, so {cost} can be neither objective nor limit: "
                f"its {_no_model(target)}"
            )
        if cost == "energy" and target.active_power_mw is None:
            raise ConfigurationError(
                f"the active power of {target.name} is unknown, so energy can be neither objective nor limit; a target "
                "of your own may give active_power_mw"
            )


def _no_model(target: Target) -> str:
    """Say why a target has no estimate, and what helps."""
    return (
        f"core is a {target.core}, and published timings calibrate {' and '.join(CYCLE_MODELS)}; "
        "measure your board (`prototypenas bench`) and pass --latency-table"
    )


def _measured_cycles(operator: Operator, tensors: Mapping[str, TensorSpec], measured: MeasuredCycles) -> float:
    """Return the cycles of an operator's C layers; its products are those of the first."""
    layers = operator.c_layers(tensors, ())
    macs = [operator.macs(tensors), *[0] * (len(layers) - 1)]
    parts = zip(layers, macs, strict=True)
    return sum(measured.cycles(layer.kernel, count, layer.target.elements) for layer, count in parts)


def _milliseconds(cycles: float, target: Target) -> float:
    return 1000.0 * cycles / target.clock_hz


def _cortex_m7_cycles(operator: Operator, tensors: Mapping[str, TensorSpec]) -> float:
    per_mac = operator.cycles_per_mac
    if per_mac == 0.0:
        return 0.0
    return per_mac * operator.macs(tensors) + CYCLES_PER_OUTPUT * tensors[operator.output].elements
