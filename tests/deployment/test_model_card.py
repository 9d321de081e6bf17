"""The card says what a network takes and gives, and does not claim what was not measured."""

import torch
from torch import nn

from prototypenas.compression.calibration import calibrate
from prototypenas.compression.quantization import quantize
from prototypenas.costing.footprint import cost_of
from prototypenas.costing.memory_plan import plan_memory
from prototypenas.costing.targets import load_targets
from prototypenas.deployment.model_card import CARD, write_model_card
from prototypenas.graph.lowering import lower
from prototypenas.types import Execution, Preparation


def card(folder, *, execution=Execution.LAYERS, **given) -> str:
    torch.manual_seed(0)
    lowered = lower(nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1)).eval(), (3, 8, 8))
    graph = quantize(lowered, calibrate(lowered, [torch.randn(8, 3, 8, 8)]))
    target, plan = load_targets()["rp2040"], plan_memory(graph, execution)
    write_model_card(folder, graph, plan, cost_of(graph, target, plan), target, name="eye", **given)
    return (folder / CARD).read_text()


def test_findings_are_those_given_and_none_is_said(tmp_path):
    assert "| Nothing | no tools here |" in card(tmp_path, findings={})
    text = card(tmp_path, findings={"accuracy of the C": "91.2 %"})
    assert "| accuracy of the C | 91.2 % |" in text and "no tools here" not in text


def test_the_normalisation_and_the_classes_are_told_where_they_are_known(tmp_path):
    known = Preparation((127.0,) * 3, (60.0,) * 3, True, (3, 8, 8), ("cat", "dog"))
    text = card(tmp_path, findings={}, preparation=known)
    assert "pixels of 0 to 255" in text and "mean 127, 127, 127" in text and "Classes in order: cat, dog." in text
    assert "as its training had it" in card(tmp_path, findings={})


def test_how_it_is_run_is_told(tmp_path):
    assert "| Run | layer by layer |" in card(tmp_path, findings={})
    assert "the input is handed in row by row" in card(tmp_path, findings={}, execution=Execution.ROWS)
