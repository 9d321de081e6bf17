import math

import numpy as np
import pytest
import torch
from torchvision.ops import complete_box_iou

from evaluators.detection.assignment import Targets, assigned
from evaluators.detection.box_augmentation import targets_of
from evaluators.detection.loss import DetectionLoss, complete_iou
from prototypenas.detection.anchors import YOLOV5_ANCHORS, scaled
from prototypenas.errors import ConfigurationError


def outputs_of(loss: DetectionLoss, count: int, seed: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    channels = 3 * (5 if loss.num_classes == 1 else 5 + loss.num_classes)
    side = loss.input_shape[1]
    return [torch.randn(count, channels, side // stride, side // stride, generator=generator) for stride in (8, 16, 32)]


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def entropy(value: float, wanted: float) -> float:
    return -wanted * math.log(sigmoid(value)) - (1 - wanted) * math.log(1 - sigmoid(value))


def ciou(a: list[float], b: list[float]) -> float:
    shared = max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))
    w1, h1, w2, h2 = a[2] - a[0], a[3] - a[1], b[2] - b[0], b[3] - b[1]
    iou = shared / (w1 * h1 + w2 * h2 - shared)
    hull = (max(a[2], b[2]) - min(a[0], b[0])) ** 2 + (max(a[3], b[3]) - min(a[1], b[1])) ** 2
    rho = ((a[0] + a[2] - b[0] - b[2]) / 2) ** 2 + ((a[1] + a[3] - b[1] - b[3]) / 2) ** 2
    v = 4 / math.pi**2 * (math.atan(w1 / h1) - math.atan(w2 / h2)) ** 2
    return iou - rho / hull - v * (v / (v - iou + 1) if v else 0.0)


def literal(loss: DetectionLoss, outputs: list[torch.Tensor], targets: Targets) -> float:
    """The published formulas in plain numbers, prediction by prediction."""
    channels = 5 if loss.num_classes == 1 else 5 + loss.num_classes
    anchors = [torch.tensor(level) for level in loss.anchors]
    maps = [tuple(level.shape[2:]) for level in outputs]
    box_loss = objectness = classes = 0.0
    for number, given in enumerate(assigned(targets, anchors, maps, (8, 16, 32))):
        values, stride = outputs[number].tolist(), (8, 16, 32)[number]
        wanted: dict[tuple[int, int, int, int], float] = {}
        overlaps, entropies = [], []
        rows = torch.stack((given.picture, given.anchor, given.row, given.column, given.box), dim=1).tolist()
        for picture, anchor, row, column, box in rows:
            t = [values[picture][anchor * channels + place][row][column] for place in range(channels)]
            x, y = (2 * sigmoid(t[0]) - 0.5 + column) * stride, (2 * sigmoid(t[1]) - 0.5 + row) * stride
            w, h = ((2 * sigmoid(t[2 + axis])) ** 2 * loss.anchors[number][anchor][axis] for axis in (0, 1))
            overlap = ciou([x - w / 2, y - h / 2, x + w / 2, y + h / 2], targets.boxes[box].tolist())
            overlaps.append(1 - overlap)
            place = (picture, anchor, row, column)
            wanted[place] = max(wanted.get(place, 0.0), overlap, 0.0)
            if loss.num_classes > 1:
                label = int(targets.labels[box])
                entropies += [entropy(t[5 + one], float(one == label)) for one in range(loss.num_classes)]
        cells = [
            entropy(
                values[picture][anchor * channels + 4][row][column], wanted.get((picture, anchor, row, column), 0.0)
            )
            for picture, level in enumerate(values)
            for anchor in range(3)
            for row in range(maps[number][0])
            for column in range(maps[number][1])
        ]
        objectness += (4.0, 1.0, 0.4)[number] * sum(cells) / len(cells)
        box_loss += sum(overlaps) / len(overlaps) if overlaps else 0.0
        classes += sum(entropies) / len(entropies) if entropies else 0.0
    return (0.05 * box_loss + objectness + 0.5 * loss.num_classes / 80 * classes) * len(outputs[0])


@pytest.mark.parametrize("classes", [1, 3])
def test_the_loss_is_that_of_the_published_formulas(some_pictures, classes):
    loss = DetectionLoss(scaled(YOLOV5_ANCHORS, 64), classes, (3, 64, 64))
    for seed in range(4):
        batch = some_pictures(np.random.default_rng(seed), 3, classes=classes)
        outputs = outputs_of(loss, 3, seed)
        found = float(loss([level.double() for level in outputs], targets_of(batch)))
        assert found == pytest.approx(literal(loss, outputs, targets_of(batch)), rel=1e-6)


def boxes(seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    corners = torch.rand(2, 300, 2, generator=generator, dtype=torch.float64) * 50
    sides = torch.rand(2, 300, 2, generator=generator, dtype=torch.float64) * 40 + 1
    first, second = torch.cat((corners, corners + sides), dim=2)
    return first, second


def test_complete_overlap_is_torchvisions():
    first, second = boxes(0)
    wanted = complete_box_iou(first, second).diagonal()
    assert torch.allclose(complete_iou(first, second), wanted, atol=1e-6)


def test_the_gradient_of_the_overlap_is_that_of_small_differences_with_alpha_held():
    first, second = (part[:20] for part in boxes(1))
    first.requires_grad_(True)
    complete_iou(first, second).sum().backward()
    with torch.no_grad():
        w, h = (first[:, 2:] - first[:, :2]).unbind(1)
        w2, h2 = (second[:, 2:] - second[:, :2]).unbind(1)
        v = 4 / math.pi**2 * (torch.atan(w / h) - torch.atan(w2 / h2)) ** 2
        alpha = v / (v - _iou(first, second) + 1)
        step = 1e-5
        for corner in range(4):
            moved = torch.zeros_like(first)
            moved[:, corner] = step
            up, down = (_held(first + sign * moved, second, alpha) for sign in (1, -1))
            assert torch.allclose(first.grad[:, corner], (up - down) / (2 * step), atol=1e-4)


def _iou(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    shared = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0).prod(1)
    return shared / ((a[:, 2:] - a[:, :2]).prod(1) + (b[:, 2:] - b[:, :2]).prod(1) - shared)


def _held(a: torch.Tensor, b: torch.Tensor, alpha: torch.Tensor) -> torch.Tensor:
    hull = (torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])).square().sum(1)
    rho = ((a[:, :2] + a[:, 2:] - b[:, :2] - b[:, 2:]) / 2).square().sum(1)
    (w, h), (w2, h2) = ((one[:, 2:] - one[:, :2]).unbind(1) for one in (a, b))
    v = 4 / math.pi**2 * (torch.atan(w / h) - torch.atan(w2 / h2)) ** 2
    return _iou(a, b) - rho / hull - alpha * v


def test_pictures_without_a_box_teach_objectness_only():
    loss = DetectionLoss(scaled(YOLOV5_ANCHORS, 64), 1, (3, 64, 64))
    outputs = [level.requires_grad_(True) for level in outputs_of(loss, 2, 0)]
    none = Targets(torch.zeros(0, dtype=torch.int64), torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64))
    loss(outputs, none).backward()
    for level in outputs:
        grad = level.grad.view(2, 3, 5, -1)
        assert bool(torch.isfinite(grad).all()) and float(grad[:, :, :4].abs().max()) == 0
        assert float(grad[:, :, 4].min()) > 0


def test_outputs_of_another_head_are_refused():
    loss = DetectionLoss(scaled(YOLOV5_ANCHORS, 64), 2, (3, 64, 64))
    none = Targets(torch.zeros(0, dtype=torch.int64), torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64))
    with pytest.raises(ConfigurationError, match=r"\[15, 15, 15\] channels; the head wants \[21, 21, 21\]"):
        loss([torch.zeros(1, 15, 8, 8), torch.zeros(1, 15, 4, 4), torch.zeros(1, 15, 2, 2)], none)
