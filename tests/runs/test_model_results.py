"""A model's folder is read as far as the model has come; what is damaged is named."""

import json
from dataclasses import asdict, replace

import pytest
import torch

from prototypenas.compression.calibration import calibrate
from prototypenas.compression.quantization import quantize
from prototypenas.costing.footprint import cost_of
from prototypenas.costing.targets import load_targets
from prototypenas.errors import RunDirectoryError
from prototypenas.graph.graph_file import GRAPH, save_graph
from prototypenas.graph.lowering import lower
from prototypenas.reporting.report_data import SizeComparison
from prototypenas.runs.delivery_record import DELIVERY, Delivery
from prototypenas.runs.model_results import model_result, read_evaluation
from prototypenas.types import Configuration, Cost, Evaluation, Footprint, GroupConfiguration, Scored
from search_spaces.mbednet import build_mbednet

TARGET = load_targets()["stm32f746"]
CONFIGURATION = Configuration("mbednet", 0.2, (GroupConfiguration(1, 3, 1, 0.0),) * 4)
COST = Cost(1, 1, Footprint(1, 1, 1, 1, 1, 1, 1, 1))
CANDIDATE = Scored(7, CONFIGURATION, COST, "d", {})
EVALUATION = Evaluation("accuracy", 0.9, 0.8, 0.75, 40, 12.5)


def test_parts_that_are_not_there_yet_stay_empty(tmp_path):
    result = model_result(tmp_path / "none", CANDIDATE, TARGET)
    assert (result.evaluation, result.graph, result.plan, result.latency, result.c_score) == (None,) * 5
    assert result.history == () and result.sizes == ()


def test_every_part_that_is_there_is_gathered(tmp_path):
    lowered = lower(build_mbednet(CONFIGURATION, (1, 16, 16), 4), (1, 16, 16))
    graph = quantize(lowered, calibrate(lowered, [torch.randn(8, 1, 16, 16)]))
    save_graph(graph, tmp_path / GRAPH)
    (tmp_path / "metrics.json").write_text(json.dumps({**asdict(EVALUATION), "fingerprint": "x"}))
    (tmp_path / "history.csv").write_text("phase,epoch,train_loss\ntrain,1,0.5\n")
    delivery = Delivery(0.75, 40, {"constants": 10, "arena": 20}, {"arena": 20})
    (tmp_path / DELIVERY).write_text(json.dumps(asdict(delivery)))
    result = model_result(tmp_path, CANDIDATE, TARGET)
    assert result.evaluation == EVALUATION and result.c_score == 0.75
    assert result.graph is not None and result.graph.digest() == graph.digest()
    assert result.plan is not None and result.latency is not None and result.latency.latency_ms > 0
    assert result.sizes == (SizeComparison("arena", 20, 20),)
    assert [epoch.train_loss for epoch in result.history] == [0.5]
    assert result.candidate.cost == cost_of(graph, TARGET), "priced for the classes it was trained on"
    no_model = replace(TARGET, core="cortex-m0plus")
    assert model_result(tmp_path, CANDIDATE, no_model).evaluation == EVALUATION


@pytest.mark.parametrize(
    ("change", "said"),
    [({"int8_score": "good"}, "int8_score is 'good', not a number"), ({"seconds": None}, "seconds is None")],
)
def test_metrics_that_are_no_numbers_are_refused(change, said, tmp_path):
    file = tmp_path / "metrics.json"
    file.write_text(json.dumps({**asdict(EVALUATION), **change}))
    with pytest.raises(RunDirectoryError, match=rf"metrics\.json says {said}.*remove it"):
        read_evaluation(tmp_path)
    file.write_text("{}")
    with pytest.raises(RunDirectoryError, match=r"metrics\.json has no 'metric'"):
        read_evaluation(tmp_path)
