import numpy as np
import pytest

from prototypenas.detection.anchors import YOLOV5_ANCHORS, best_possible_recall, chosen_anchors, fitted, scaled
from prototypenas.errors import DatasetError


def test_recall_counts_boxes_that_suit_an_anchor():
    sizes = np.random.default_rng(0).uniform(1, 200, (300, 2))
    anchors = scaled(YOLOV5_ANCHORS, 128)
    right = 0
    for width, height in sizes:
        ratios = [max(width / w, w / width, height / h, h / height) for level in anchors for w, h in level]
        right += min(ratios) < 4
    assert best_possible_recall(sizes, anchors) == right / 300


def test_anchors_scale_with_the_input():
    assert scaled(YOLOV5_ANCHORS, 320)[0][0] == (5.0, 6.5)


def test_fitted_anchors_are_ordered_and_find_the_clusters():
    rng = np.random.default_rng(1)
    centres = np.array([(5, 5), (10, 30), (40, 20), (100, 100)])
    sizes = np.concatenate([centre * rng.uniform(0.98, 1.02, (50, 2)) for centre in centres])
    levels = fitted(sizes, (2, 2), seed=0)
    flat = np.array([anchor for level in levels for anchor in level])
    assert np.allclose(flat, centres[np.argsort(centres.prod(axis=1))], rtol=0.05)
    assert fitted(sizes, (2, 2), seed=0) == levels


def test_usual_anchors_stay_where_they_suit_and_others_are_fitted_where_not():
    rng = np.random.default_rng(2)
    usual = chosen_anchors(rng.uniform(4, 60, (200, 2)), 128)
    assert not usual.fitted and usual.levels == scaled(YOLOV5_ANCHORS, 128) and usual.recall >= 0.98
    slim = chosen_anchors(np.stack([rng.uniform(100, 120, 200), rng.uniform(2, 3, 200)], axis=1), 128)
    assert slim.fitted and slim.recall == 1.0 and slim.scaled_recall < 0.5


def test_too_few_boxes_cannot_be_clustered():
    with pytest.raises(DatasetError, match="too few different"):
        fitted(np.ones((50, 2)), (3, 3), seed=0)
