"""RAM and ROM of a network on a target, from the same graph and plan that the C writer emits."""

from collections.abc import Mapping
from types import MappingProxyType

from prototypenas.costing.detection_cost import detection_ram_bytes, detection_rom_bytes
from prototypenas.costing.kernel_properties import (
    bias_bytes,
    code_bytes,
    descriptor_bytes,
    kernels_in_use,
    requantization_bytes,
    stack_bytes,
)
from prototypenas.costing.latency import estimate_latency
from prototypenas.costing.memory_plan import MemoryPlan, plan_memory
from prototypenas.errors import ConfigurationError
from prototypenas.graph.graph import Graph
from prototypenas.types import Cost, Footprint, Target

PRICED_AS: Mapping[str, str] = MappingProxyType({"cortex-a76": "cortex-m7"})
"""Application processors run the same C; their code and stack, a few kB that no limit reads, count as this core's."""


def cost_of(graph: Graph, target: Target, plan: MemoryPlan | None = None, *, detects: bool = False) -> Cost:
    """Price a graph of any stage; without a `plan` one is made for the target's way to run it.

    `scratch_bytes` holds the alignment in front of the scratch and what is noted while rows are run, so that
    activations and scratch are the C project's RAM; `descriptors_bytes` holds the schedule of the rows. With `detects`
    the outputs are a detector's levels, and what makes boxes of them is counted too.

    Raises:
        ConfigurationError: for a core whose code size was never measured.
    """
    plan = plan_memory(graph, target.execution) if plan is None else plan
    in_place = plan.written_in_place
    core = PRICED_AS.get(target.core, target.core)
    kernels = kernels_in_use(graph, in_place, plan.sums_offsets)
    footprint = Footprint(
        activations_bytes=plan.arena_bytes,
        scratch_bytes=plan.total_bytes - plan.arena_bytes,
        stack_bytes=stack_bytes(core),
        weights_bytes=sum(operator.weight_bytes() for operator in graph.operators),
        biases_bytes=sum(bias_bytes(operator) for operator in graph.operators),
        requantization_bytes=sum(requantization_bytes(operator) for operator in graph.operators),
        descriptors_bytes=plan.table_bytes
        + sum(descriptor_bytes(operator, graph.tensors, in_place) for operator in graph.operators),
        code_bytes=code_bytes(kernels, core, outputs=len(graph.outputs), runtime=plan.runtime),
        detection_ram_bytes=detection_ram_bytes(graph) if detects else 0,
        detection_rom_bytes=detection_rom_bytes(graph, core) if detects else 0,
    )
    total_macs = sum(operator.macs(graph.tensors) for operator in graph.operators)
    timed = estimate_latency(graph, target)
    return Cost(
        macs=total_macs,
        parameters=parameters_of(graph),
        footprint=footprint,
        latency_ms=None if timed is None else timed.latency_ms,
        energy_mj=None if timed is None else timed.energy_mj,
    )


def check_fits(cost: Cost, target: Target) -> None:
    """Refuse a network that the target's memory cannot hold.

    Raises:
        ConfigurationError: naming what is needed and what there is.
    """
    footprint = cost.footprint
    for memory, needed, limit in (
        ("RAM", footprint.ram_bytes, target.ram_bytes),
        ("ROM", footprint.rom_bytes, target.rom_bytes),
    ):
        if limit is not None and needed > limit:
            raise ConfigurationError(f"the network takes {needed:,} bytes of {memory}; {target.name} has {limit:,}")


def parameters_of(graph: Graph) -> int:
    """Return the weights and biases of the deployed network: normalisation folded, a bias for each output channel."""
    return sum(operator.parameters() for operator in graph.operators)
