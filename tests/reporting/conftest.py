from dataclasses import replace

import numpy as np
import pytest
from torch import nn

from prototypenas.costing.latency import LatencyEstimate
from prototypenas.costing.memory_plan import plan_memory
from prototypenas.graph.lowering import lower
from prototypenas.reporting.report_data import Epoch, ModelResult, ReportData
from prototypenas.runs.delivery_record import Delivery
from prototypenas.selection import select
from prototypenas.types import (
    Configuration,
    Cost,
    Evaluation,
    Footprint,
    GroupConfiguration,
    Rejected,
    Rejection,
    Scored,
)

GROUPS = (GroupConfiguration(depth=2, kernel=5, stride=2, sparsity=0.25),) * 4


def candidate(number, rng):
    cost = Cost(int(rng.integers(10**5, 10**8)), 900, Footprint(90_000, 2000, 1024, 300_000, 30, 50, 400, 9000))
    configuration = Configuration(("mbednet", "resnet18")[number % 2], 0.5, GROUPS)
    if number % 5 == 4:
        return Rejected(number, configuration, cost, str(number), Rejection("ram+rom", "RAM and ROM are over"))
    scores = {"meco": float(rng.normal()), "zico": float(rng.normal()), "mine<&>": float(rng.normal())}
    return Scored(number, configuration, cost, str(number), scores)


@pytest.fixture(scope="session")
def network():
    layers = (
        nn.Conv2d(1, 8, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, 3),
    )
    graph = lower(nn.Sequential(*layers), (1, 16, 16))
    return graph, plan_memory(graph)


@pytest.fixture(scope="session")
def full_report(network):
    rng = np.random.default_rng(0)
    candidates = tuple(candidate(number, rng) for number in range(40))
    selection = select(candidates, keep=3)
    history = tuple(
        Epoch("train" if row < 3 else "quantize", row % 3 + 1, 1.0 / (row + 1), None, 0.8 + 0.02 * row, 900)
        for row in range(5)
    )
    models = tuple(
        ModelResult(
            one,
            Evaluation("accuracy", 0.951, 0.95, 0.9487 + 0.001 * place, 360, 12.0),
            Delivery(
                0.9487 + 0.001 * place,
                360,
                {".text": 9000},
                {".text": 9040},
                emulated_score=0.9,
                emulated_samples=20,
                instructions=4500,
                layer_instructions=(3000, 1000, 300),
                notes=("the ELF was not measured: <none> is installed",),
            ),
            graph=network[0],
            plan=network[1],
            history=history,
            latency=LatencyEstimate((), 1e6, 4.25, 0.066, "published timings", None),
        )
        for place, one in enumerate(selection.chosen)
    )
    return ReportData(
        title="digits <on> a board",
        arguments=(("Probe", "Gaussian, 2 batches of 16, seed 0"),),
        statistics=(("Wall time", "3 min"),),
        candidates=candidates,
        selection=selection,
        models=models,
        importance={"flops": {"width": 0.75, "architecture": 0.25}},
    )


@pytest.fixture(scope="session")
def bare_report(full_report):
    """A run that was explored and selected only."""
    models = tuple(ModelResult(one) for one in full_report.selection.chosen)
    return replace(full_report, models=models, importance={})
