import numpy as np
import torch
from torchvision.ops import box_iou

from prototypenas.detection.boxes import areas, clipped, corners, pairwise_iou


def test_overlaps_are_torchvisions():
    rng = np.random.default_rng(0)
    first, second = (corners(rng.uniform(1, 50, (40, 4))) for _ in range(2))
    wanted = box_iou(torch.from_numpy(first), torch.from_numpy(second)).numpy()
    assert np.allclose(pairwise_iou(first, second), wanted, atol=1e-12)


def test_empty_boxes_overlap_nothing():
    empty = np.array([[5.0, 5, 5, 5]])
    assert pairwise_iou(empty, empty) == 0 and areas(empty) == 0


def test_boxes_are_cut_to_the_picture():
    assert clipped(np.array([-3, 4, 70, 90]), 60, 50).tolist() == [0, 4, 50, 60]
