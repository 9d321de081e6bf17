import contextlib
import io

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from evaluators.detection.average_precision import average_precision, best_threshold, precision_and_recall
from evaluators.detection.detections import Detections


def near(part, rng: np.random.Generator, *, extra: int = 3, classes: int = 1) -> list[Detections]:
    """Boxes near the true ones, and some anywhere, with random scores."""
    found = []
    for place, letterbox in enumerate(part.letterboxes):
        start, end = part.first[place : place + 2].tolist()
        truth = letterbox.inverse(part.boxes[start:end].double().numpy())
        moved = truth + rng.normal(0, 8, truth.shape)
        corners = rng.uniform(0, 100, (extra, 2))
        boxes = np.concatenate([moved, np.concatenate([corners, corners + rng.uniform(5, 30, (extra, 2))], axis=1)])
        boxes[:, 2:] = np.maximum(boxes[:, 2:], boxes[:, :2] + 1)
        labels = np.concatenate([part.labels[start:end].numpy(), rng.integers(0, classes, extra)])
        scores = np.sort(rng.random(len(boxes)))[::-1]
        found.append(Detections(boxes, scores.copy(), labels))
    return found


def cocos(part, found: list[Detections], classes: int) -> np.ndarray:
    """pycocotools' statistics at an overlap of 0.5: AP of all sizes, small, medium, large, and recall of 100."""
    annotations, results = [], []
    for place, letterbox in enumerate(part.letterboxes):
        start, end = part.first[place : place + 2].tolist()
        for number in range(start, end):
            x1, y1, x2, y2 = letterbox.inverse(part.boxes[number].double().numpy()).tolist()
            annotations.append(
                {
                    "id": number + 1,
                    "image_id": place,
                    "category_id": int(part.labels[number]),
                    "bbox": [x1, y1, x2 - x1, y2 - y1],
                    "area": float(part.area[number]),
                    "iscrowd": int(part.crowd[number]),
                }
            )
        one = found[place]
        for (x1, y1, x2, y2), score, label in zip(one.boxes.tolist(), one.scores, one.labels, strict=True):
            box = [x1, y1, x2 - x1, y2 - y1]
            results.append({"image_id": place, "category_id": int(label), "bbox": box, "score": float(score)})
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {
            "images": [{"id": place} for place in range(len(part))],
            "annotations": annotations,
            "categories": [{"id": number} for number in range(classes)],
        }
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(results), "bbox")
        evaluation.params.iouThrs = np.array([0.5])
        evaluation.evaluate()
        evaluation.accumulate()
    precision, recall = evaluation.eval["precision"], evaluation.eval["recall"]
    values = [precision[0, :, :, area, 2] for area in range(4)] + [recall[0, :, 0, 2]]
    return np.array([value[value > -1].mean() if (value > -1).any() else np.nan for value in values])


@pytest.mark.parametrize("classes", [1, 3])
def test_precision_is_pycocotools_with_crowds_and_sizes(some_pictures, classes):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        part = some_pictures(rng, 30, classes=classes)
        found = near(part, rng, classes=classes)
        ours = average_precision(found, part)
        shown = [np.nan if value is None else value for value in (ours.map50, ours.small, ours.medium, ours.large)]
        wanted = cocos(part, found, classes)
        assert 0.05 < ours.map50 < 0.98
        assert np.allclose([*shown, ours.recall], wanted, atol=1e-6, equal_nan=True)


def perfect(part) -> list[Detections]:
    found = []
    for place, letterbox in enumerate(part.letterboxes):
        start, end = part.first[place : place + 2].tolist()
        boxes = letterbox.inverse(part.boxes[start:end].double().numpy())
        found.append(Detections(boxes, np.linspace(0.9, 0.5, len(boxes)), part.labels[start:end].numpy()))
    return found


NONE = Detections(np.zeros((0, 4)), np.zeros(0), np.zeros(0, np.int64))


def test_a_perfect_detector_has_one_and_an_empty_one_none(some_pictures):
    part = some_pictures(np.random.default_rng(5), 20)
    assert average_precision(perfect(part), part, all_overlaps=True).map50_95 == pytest.approx(1.0)
    assert average_precision([NONE] * len(part), part).map50 == 0.0
    assert precision_and_recall(perfect(part), part, 0.25) == (1.0, 1.0)
    assert precision_and_recall([NONE] * len(part), part, 0.25) == (0.0, 0.0)


def test_a_detection_where_nothing_is_lowers_precision(some_pictures):
    part = some_pictures(np.random.default_rng(6), 20)
    empty = next(place for place in range(len(part)) if part.first[place] == part.first[place + 1])
    found = perfect(part)
    found[empty] = Detections(np.array([[1.0, 1, 40, 40]]), np.array([0.99]), np.array([0]))
    assert average_precision(found, part).map50 < 1.0
    assert precision_and_recall(found, part, 0.25)[0] < 1.0


def test_the_best_threshold_is_the_best_of_all(some_pictures):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        part = some_pictures(rng, 12, classes=2)
        found = near(part, rng, classes=2)
        found = [Detections(one.boxes, (one.scores * 10).round() / 10, one.labels) for one in found]

        def f1(threshold: float, part=part, found=found) -> float:
            precision, recall = precision_and_recall(found, part, threshold)
            return 2 * precision * recall / max(1e-9, precision + recall)

        threshold, best = best_threshold(found, part)
        assert best == pytest.approx(max(f1(step / 10) for step in range(11))) == pytest.approx(f1(threshold))
    assert best_threshold([NONE] * len(part), part) == (1.0, 0.0)
