"""Which networks of our own space the table holds: drawn at random, spread evenly over families and FLOPs."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd
import torch

from prototypenas.costing.footprint import cost_of
from prototypenas.costing.latency import estimate_latency
from prototypenas.costing.memory_plan import plan_memory
from prototypenas.costing.targets import load_targets
from prototypenas.errors import InvalidConfiguration
from prototypenas.graph.lowering import lower
from prototypenas.protocols import Baseline
from prototypenas.types import GROUPS, Configuration, Cost, GroupConfiguration, InputShape
from search_spaces import IMAGE_POOL, KERNELS, TIME_SERIES_POOL

TARGET = "stm32f746"
"""A small target: 320 KiB of RAM, 1 MiB of ROM; every network of the table fits it."""

DRAWS = 1200
"""Configurations drawn of each family at most; a stratum still empty then takes the nearest network left over."""

_STEP = 9
"""Strata are visited 0, 9, 18, ... modulo their number, so that the first networks already spread over FLOPs."""


@dataclass(frozen=True)
class Draw:
    """What is drawn for one data set."""

    pool: Mapping[str, Baseline]
    input_shape: InputShape
    classes: int
    strata: int
    """Networks of each family: one a stratum, strata equally wide in log FLOPs."""
    flops: tuple[float, float]
    seed: int


DRAWS_BY_DATA: Mapping[str, Draw] = {
    "cifar10": Draw(IMAGE_POOL, (3, 32, 32), 10, strata=20, flops=(0.4e6, 6e6), seed=1),
    "digits": Draw(IMAGE_POOL, (1, 32, 32), 10, strata=7, flops=(0.4e6, 6e6), seed=2),
    "sisfall": Draw(TIME_SERIES_POOL, (9, 512), 34, strata=20, flops=(0.5e6, 8e6), seed=3),
}


def networks(data: str, path: Path) -> pd.DataFrame:
    """Return the networks of a data set in the order of training, one row each; drawn once, then read from `path`."""
    if not path.exists():
        drawn = pd.DataFrame(_rows(data, DRAWS_BY_DATA[data]))
        partial = path.with_name(path.name + ".partial")
        drawn.to_csv(partial, index=False)
        partial.replace(path)
    return pd.read_csv(path)


def configuration_of(values: Mapping[Any, Any]) -> Configuration:
    """Return the configuration of one row of `networks`."""
    groups = tuple(
        GroupConfiguration(
            depth=int(values[f"group{group}_depth"]),
            kernel=int(values[f"group{group}_kernel"]),
            stride=int(values[f"group{group}_stride"]),
            sparsity=float(values[f"group{group}_sparsity"]),
        )
        for group in range(1, GROUPS + 1)
    )
    return Configuration(str(values["architecture"]), float(values["width"]), groups)


def tilted_configuration(random: Random, architecture: str) -> Configuration:
    """Draw a configuration of Table 1 with a bias of random strength towards small networks.

    Uniform draws hardly ever cost as little as the table wants: of 60 of ResNet18 none is below 13 MFLOPs.
    """
    tilt = random.random()
    low, high = 0.1, 1.5
    groups = tuple(
        GroupConfiguration(
            depth=random.randint(1, 5),
            kernel=random.choice(KERNELS[architecture]),
            stride=2 if random.random() < 1 - tilt / 2 else 1,
            sparsity=0.9 * (1 - tilt * random.random()) if random.random() < 0.5 else random.uniform(0.0, 0.9),
        )
        for _ in range(GROUPS)
    )
    width = low * (high / low) ** (tilt * random.random())
    return Configuration(architecture, width, groups)


def _rows(data: str, draw: Draw) -> Iterator[dict[str, object]]:
    families = {name: _family(draw, name, number) for number, name in enumerate(draw.pool)}
    for visit in range(draw.strata):
        for number, (architecture, found) in enumerate(families.items()):
            stratum = (visit * _STEP + 3 * number) % draw.strata
            configuration, cost, latency = found[stratum]
            yield {
                "network": f"{data}-{architecture}-{stratum:02}",
                "architecture": architecture,
                "width": configuration.width,
                **{
                    f"group{place}_{name}": getattr(group, name)
                    for place, group in enumerate(configuration.groups, start=1)
                    for name in ("depth", "kernel", "stride", "sparsity")
                },
                "flops": cost.flops,
                "parameters": cost.parameters,
                "ram_bytes": cost.footprint.ram_bytes,
                "rom_bytes": cost.footprint.rom_bytes,
                "latency_ms": latency,
            }


Priced = tuple[Configuration, Cost, float]


def _family(draw: Draw, architecture: str, number: int) -> list[Priced]:
    """Fill all strata of one family; the leftovers nearest in log FLOPs fill what no draw fell into."""
    random = Random(draw.seed * 1000 + number)
    filled: dict[int, Priced] = {}
    spare: list[Priced] = []
    for _ in range(DRAWS):
        priced = _priced(draw, tilted_configuration(random, architecture))
        if priced is None:
            continue
        stratum = math.floor(_place(draw, priced[1].flops))
        if stratum in filled:
            spare.append(priced)
        else:
            filled[stratum] = priced
        if len(filled) == draw.strata:
            break
    for stratum in range(draw.strata):
        if stratum not in filled:
            nearest = min(spare, key=lambda one: abs(_place(draw, one[1].flops) - stratum - 0.5))
            spare.remove(nearest)
            filled[stratum] = nearest
    return [filled[stratum] for stratum in range(draw.strata)]


def _place(draw: Draw, flops: float) -> float:
    """Where FLOPs lie between the limits, in strata from the least."""
    low, high = draw.flops
    return draw.strata * math.log(flops / low) / math.log(high / low)


def _priced(draw: Draw, configuration: Configuration) -> Priced | None:
    try:
        with torch.device("meta"):
            model = draw.pool[configuration.architecture](configuration, draw.input_shape, draw.classes)
    except InvalidConfiguration:
        return None
    target = load_targets()[TARGET]
    graph = lower(model, draw.input_shape)
    cost = cost_of(graph, target, plan_memory(graph))
    if not draw.flops[0] <= cost.flops < draw.flops[1] or target.budget.rejection(cost):
        return None
    latency = estimate_latency(graph, target)
    assert latency is not None  # TARGET has a cycle model
    return configuration, cost, latency.latency_ms
