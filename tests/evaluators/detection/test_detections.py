"""From raw outputs to boxes in the picture's own pixels."""

import numpy as np

from evaluators.detection.detections import Detections


def test_a_threshold_keeps_what_reaches_it_with_its_box_and_label():
    found = Detections(np.arange(12.0).reshape(3, 4), np.array([0.9, 0.5, 0.4]), np.array([2, 1, 0]))
    kept = found.above(0.5)
    assert kept.scores.tolist() == [0.9, 0.5] and kept.labels.tolist() == [2, 1]
    assert kept.boxes.tolist() == found.boxes[:2].tolist()
    assert not len(found.above(0.95).scores)
