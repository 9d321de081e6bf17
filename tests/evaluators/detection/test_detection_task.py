from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from evaluators.datasets.digits_scattered import ScatteredDigits
from evaluators.detection.detection_task import detection_evaluator, detection_task
from evaluators.training.recipe import Recipe
from evaluators.training.suitable_recipe import RecipeOptions
from prototypenas.compression.simulator import output_maps, quantize_input, simulate_rows
from prototypenas.detection.decode import DEPLOYED
from prototypenas.detection.head import HEAD, read_head
from prototypenas.errors import ConfigurationError, InvalidConfiguration
from prototypenas.evidence.scoring import score_prototype
from prototypenas.graph.graph_file import GRAPH, load_graph
from prototypenas.progress import Silent
from prototypenas.runs.detection_results import read_detections
from prototypenas.testing.evaluator import check_evaluator
from prototypenas.types import Candidate, Configuration, GroupConfiguration
from proxies import PAPER_ENSEMBLE, PROXIES
from search_spaces.mbednet import build_mbednet
from search_spaces.mbednet_detection import build_mbednet_detection


@pytest.fixture(scope="module")
def few():
    data = ScatteredDigits(classes=10).load(input_shape=(1, 32, 32))
    return replace(data, train=data.train.at(torch.arange(48)), test=data.test.at(torch.arange(20)))


@pytest.fixture
def candidate() -> Candidate:
    group = GroupConfiguration(depth=1, kernel=3, stride=2, sparsity=0.3)
    groups = (group, group, replace(group, stride=1), replace(group, stride=1))
    return Candidate(1, Configuration("mbednet_detection", 0.3, groups))


@pytest.fixture
def evaluator(few):
    return replace(detection_evaluator(few), recipe=Recipe(epochs=2, batch_size=16, validation_share=0.2))


def test_the_contract_is_kept(evaluator, candidate, tmp_path):
    evaluation = check_evaluator(evaluator, candidate, build_mbednet_detection, directory=tmp_path / "trial")
    assert (evaluation.metric, evaluation.test_samples) == ("map50", 20)
    assert {"AP50-95", "recall of 100", "recall at 0.25", "best F1, held out"} <= set(evaluation.details)
    graph = load_graph(tmp_path / "trial" / GRAPH)
    head = read_head(tmp_path / "trial" / HEAD)
    head.check(graph)
    assert head.classes == evaluator.task.data.classes and [level.stride for level in head.levels] == [8, 8, 8]
    drawn = read_detections(tmp_path / "trial")
    assert drawn is not None and drawn.pictures.shape == (12, 1, 32, 32) and drawn.int8_precision.shape == (101,)
    assert (drawn.found[:, 2] >= DEPLOYED.threshold).all()


def test_an_interrupted_training_ends_like_an_uninterrupted_one(evaluator, candidate, tmp_path):
    class PowerCut(BaseException):
        pass

    class Cut:
        def update(self, task: str, completed: float, total: float, note: str = "") -> None:
            if completed >= 1:
                raise PowerCut

    def run(folder: str, progress: object) -> object:
        return evaluator.evaluate(
            candidate, build_mbednet_detection, directory=tmp_path / folder, seed=3, device="cpu", progress=progress
        )

    with pytest.raises(PowerCut):
        run("broken", Cut())
    assert replace(run("broken", Silent()), seconds=0) == replace(run("whole", Silent()), seconds=0)


def test_scores_do_not_depend_on_the_batches(evaluator, candidate, few):
    torch.manual_seed(0)
    network = build_mbednet_detection(candidate.configuration, few.input_shape, 10)
    task = evaluator.task
    whole = list(task._found(network, few.test))
    single = [next(task._found(network, few.test.at(torch.tensor([place])))) for place in range(5)]
    for one, other in zip(whole, single, strict=False):
        assert np.allclose(one.boxes[:10], other.boxes[:10], atol=1e-3)


def test_proxies_see_the_detectors_own_loss(evaluator, candidate, few):
    probe = evaluator.probe(batch_size=4, seed=0)
    assert probe.batches[0].targets.shape[::2] == (4, 5)
    torch.manual_seed(0)
    network = build_mbednet_detection(candidate.configuration, few.input_shape, 10)
    proxies = {name: PROXIES[name] for name in PAPER_ENSEMBLE}
    scores = score_prototype(network, probe, proxies)
    assert all(np.isfinite(score) for score in scores.values())


def test_calibration_shows_the_fullest_pictures_and_others_without_change(evaluator, few):
    shown = torch.cat(evaluator.task.calibration_inputs(20))
    assert shown.shape == (20, 1, 32, 32) and float(shown.max()) <= 1.0
    counts = few.train.first.diff()
    fullest = few.train.at(counts.argsort(descending=True, stable=True)[:10])
    prepared = evaluator.task.prepared(fullest)
    assert all(any(torch.equal(one, other) for other in shown) for one in prepared)


def test_what_does_not_suit_a_detector_is_refused(evaluator, few, candidate):
    with pytest.raises(ConfigurationError, match="give auto or none"):
        detection_evaluator(few, RecipeOptions(augment=("flip",)))
    with pytest.raises(ConfigurationError, match="class weights are for classification"):
        detection_evaluator(few, RecipeOptions(balanced_classes=True))
    with pytest.raises(ConfigurationError, match="quantization"):
        detection_evaluator(few, quantization="int4")
    network = build_mbednet(candidate.configuration, few.input_shape, 10)
    with pytest.raises(InvalidConfiguration, match="1 levels, the anchors 3"):
        evaluator.task.check_network(network)
    other = build_mbednet_detection(candidate.configuration, few.input_shape, 3)
    with pytest.raises(InvalidConfiguration, match="24 channels; 45 are needed"):
        evaluator.task.check_network(other)


def test_the_task_tells_apart_what_changes_a_result(few):
    task = detection_task(few)
    moved = replace(few, train=replace(few.train, boxes=few.train.boxes + 1))
    assert task.digest() == detection_task(few).digest() != detection_task(moved).digest()


@pytest.mark.slow
def test_scattered_digits_are_found(tmp_path: Path):
    data = ScatteredDigits().load()
    group = GroupConfiguration(depth=1, kernel=3, stride=2, sparsity=0.2)
    groups = (group, replace(group, depth=2), replace(group, depth=2), group)
    candidate = Candidate(0, Configuration("mbednet_detection", 0.5, groups))
    found = detection_evaluator(data, RecipeOptions(epochs=20)).evaluate(
        candidate, build_mbednet_detection, directory=tmp_path, seed=0, device="cpu", progress=Silent()
    )
    # 0.938 in the first run; 50 seconds of one core.
    assert found.float_score >= 0.9 and abs(found.int8_score - found.float_score) < 0.02
    graph = load_graph(tmp_path / GRAPH)
    rows = simulate_rows(graph, quantize_input(graph, next(iter(detection_evaluator(data).test_batches(4)))))
    assert len(output_maps(graph, rows)) == 3
