"""The published ProxylessNAS networks as our planner prices them, beside the STM32 model zoo's int8 form of one.

    python -m benchmarks.zoo_proxylessnas

The zoo lists ProxylessNAS Mobile at 224 pixels and 1,000 classes, int8, on an STM32N6 by STEdgeAI. Its RAM of 1,372 KiB
is exactly 7 x 112 x 112 x 16 bytes, 48 + 48 + 16 channels of the largest maps: it seems to keep an expansion and its
clip as two buffers, and plans for the NPU, which our C does not use; its latency is the NPU's. Ours is the C on the
core. Smaller RAM here is therefore no win over the zoo. Its weights lie in external flash: the N6 of our catalogue has
4 MiB for them, which this network exceeds by some 24 kB. Seconds.
"""

from dataclasses import dataclass, replace

import torch

from prototypenas.costing.measurement import Measurement, measure_network
from prototypenas.costing.targets import load_targets
from prototypenas.types import Execution
from search_spaces import PUBLISHED

NETWORKS = ("proxylessnas-mobile", "proxylessnas-cpu", "proxylessnas-gpu", "proxylessnas-mobile-14")
KIB = 1024


@dataclass(frozen=True)
class Zoo:
    """What the zoo's page says of ProxylessNAS Mobile."""

    macs: float = 320e6
    parameters: float = 4.13e6
    weights_kib: float = 4233.2
    ram_kib: float = 1372.0
    latency_ms: float = 27.65
    """On the NPU."""
    float_top_1: float = 74.85
    int8_top_1: float = 74.25


def measured(name: str, target: str = "stm32n6") -> Measurement:
    """Price a published network, run layer by layer."""
    published = PUBLISHED[name]
    with torch.device("meta"):
        network = published.build(published.num_classes)
    goal = replace(load_targets()[target], execution=Execution.LAYERS)
    return measure_network(network, published.input_shape, goal)


def table() -> str:
    """Return ours beside the zoo's."""
    zoo, ours = Zoo(), measured("proxylessnas-mobile")
    parts = ours.cost.footprint
    constants = parts.weights_bytes + parts.biases_bytes + parts.requantization_bytes + parts.descriptors_bytes
    h743 = measured("proxylessnas-mobile", "stm32h743").cost
    limit = load_targets()["stm32n6"].budget.rom_bytes or 0
    rows = (
        ("MACs", f"{ours.cost.macs / 1e6:.1f} M", f"{zoo.macs / 1e6:.0f} M", ours.cost.macs / zoo.macs),
        (
            "parameters",
            f"{ours.cost.parameters:,}",
            f"{zoo.parameters / 1e6:.2f} M",
            ours.cost.parameters / zoo.parameters,
        ),
        ("weights [KiB]", f"{constants / KIB:,.1f}", f"{zoo.weights_kib:,.1f}", constants / KIB / zoo.weights_kib),
        ("RAM [KiB]", f"{parts.ram_bytes / KIB:,.1f}", f"{zoo.ram_kib:,.0f}", parts.ram_bytes / KIB / zoo.ram_kib),
        ("latency [ms]", f"{h743.latency_ms or 0:,.0f} (h743, estimate)", f"{zoo.latency_ms} (NPU)", None),
        ("top-1 float / int8 [%]", "no weights", f"{zoo.float_top_1} / {zoo.int8_top_1}", None),
    )
    lines = ["| proxylessnas-mobile | here | zoo | ratio |", "|---|--:|--:|--:|"]
    lines += [
        f"| {what} | {here} | {there} | {'' if ratio is None else f'{ratio:.3f}'} |"
        for what, here, there, ratio in rows
    ]
    return (
        "\n".join(lines)
        + f"\n\nROM {parts.rom_bytes:,} bytes, {parts.rom_bytes - limit:,} more than the N6's {limit:,}."
    )


def main() -> None:
    """Print the table, and the other published networks."""
    print(table())
    print("\n| network | MMACs | RAM [bytes] | ROM [bytes] |\n|---|--:|--:|--:|")
    for name in NETWORKS:
        cost = measured(name).cost
        print(f"| {name} | {cost.macs / 1e6:.1f} | {cost.footprint.ram_bytes:,} | {cost.footprint.rom_bytes:,} |")


if __name__ == "__main__":
    main()
