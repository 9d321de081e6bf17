from dataclasses import replace

import numpy as np
import pytest

from prototypenas.reporting.box_figures import boxes_figure, detections_figure, precision_figure, sizes_figure
from prototypenas.reporting.html_report import write_report
from prototypenas.runs.dataset_summary import BoxSummary, DatasetSummary, read_summary, write_summary
from prototypenas.runs.detection_results import DetectionResults, read_detections, write_detections
from prototypenas.types import Evaluation


@pytest.fixture
def results() -> DetectionResults:
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (5, 3, 32, 32), dtype=np.uint8)
    truth = np.array([[0, 0, 1, 2, 3, 20, 25], [3, 1, 1, 5, 5, 9, 9]], np.float32)
    found = np.array([[0, 0, 0.83, 2, 4, 21, 25]], np.float32)
    curve = np.linspace(1, 0, 101)
    return DetectionResults(pictures, truth, found, curve, curve**2)


@pytest.fixture
def summary(results) -> DatasetSummary:
    rows = results.truth[:, [0, 1, 3, 4, 5, 6]]
    boxes = BoxSummary((40, 10), rows, rows, np.array([3.0, 12.0], np.float32), ("2 boxes are empty",))
    return DatasetSummary(
        name="pets",
        input_shape=(3, 32, 32),
        split="by hand",
        classes=("cat", "dog"),
        train_counts=(30, 20),
        test_counts=(5, 6),
        samples=results.pictures,
        sample_classes=(0,) * 5,
        training="10 steps",
        varied=results.pictures,
        boxes=boxes,
    )


def test_boxes_lie_where_they_were_given_and_scores_stand_beside_them(results):
    figure = detections_figure(results, ("cat", "dog"))
    first = figure.axes[0]
    assert [text.get_text() for text in first.texts] == ["cat 83"]
    corners = {(patch.get_x(), patch.get_y(), patch.get_width()) for patch in first.patches}
    assert corners == {(1.5, 2.5, 18.0), (1.5, 3.5, 19.0)}
    assert len(figure.axes[3].patches) == 2 and not figure.axes[1].patches


def test_grey_pictures_and_sizes_are_drawn(results, summary):
    figure = boxes_figure(results.pictures[:, :1], summary.boxes.shown, ("cat",))
    assert len(figure.axes[0].images) == 1 and len(figure.axes[0].patches) == 1
    assert "50% are below 8 pixels" in sizes_figure(summary.boxes).axes[0].get_legend().get_texts()[0].get_text()


def test_both_files_are_read_back(results, summary, tmp_path):
    write_detections(results, tmp_path)
    write_summary(summary, tmp_path)
    assert np.array_equal(read_detections(tmp_path).found, results.found)
    kept = read_summary(tmp_path).boxes
    assert kept.pictures == (40, 10) and kept.notes == ("2 boxes are empty",)
    assert np.array_equal(kept.shown, summary.boxes.shown)


def test_a_detectors_report_shows_boxes_and_speaks_of_no_accuracy(full_report, results, summary, tmp_path):
    details = {"AP50 small": 0.2, "AP50-95": 0.3}
    evaluation = Evaluation("map50", 0.9, 0.9, 0.88, 10, 1.0, details)
    models = tuple(
        replace(model, evaluation=evaluation, detections=results, by_class=None) for model in full_report.models[:1]
    )
    report = replace(full_report, models=models, dataset=summary, references=())
    write_report(report, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text()
    assert "accuracy" not in text.lower()
    assert "int8 mAP50 [%]" in text and "AP50 small [%]" in text and "2 boxes are empty" in text
    number = models[0].candidate.number
    for name in (f"detections_{number}", "precision", "box_sizes", "data", "varied_data"):
        assert (tmp_path / "figures" / f"{name}.png").exists()
    assert len(precision_figure(models).axes[0].lines) == 2 * len(models)
