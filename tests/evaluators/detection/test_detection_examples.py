"""Which test pictures a report shows of a detector."""

import numpy as np

from evaluators.detection.detection_examples import EACH, _chosen, detection_examples
from evaluators.detection.detections import Detections

NOTHING = Detections(np.zeros((0, 4)), np.zeros(0), np.zeros(0, np.int64))


def test_the_best_the_middling_and_the_worst_are_shown_and_few_pictures_all():
    assert _chosen(np.array([3, 0, 2])) == [1, 2, 0]
    many = np.arange(100)[::-1]
    chosen = _chosen(many)
    assert len(chosen) == 3 * EACH == len(set(chosen))
    assert chosen[:EACH] == [99, 98, 97, 96] and chosen[-EACH:] == [3, 2, 1, 0]
    assert many[chosen[EACH]] == (100 - EACH) // 2


def test_weak_detections_are_not_shown_and_a_crowd_is_no_truth(some_pictures):
    part = some_pictures(np.random.default_rng(0), 5)
    boxes = np.array([[4.0, 4.0, 20.0, 20.0], [8.0, 8.0, 30.0, 30.0]])
    one = Detections(boxes, np.array([0.9, 0.2]), np.array([0, 0]))
    found = detection_examples([NOTHING] * 5, [one, *[NOTHING] * 4], part, 0.5)
    (row,) = found.found
    assert (found.pictures[int(row[0])] == part.pictures[0].numpy()).all()
    assert np.allclose(row[3:], part.letterboxes[0].forward(boxes[0]))
    assert len(found.truth) == int(part.learnable.sum())
