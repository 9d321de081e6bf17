"""YOLOv5's loss, written from its published formulas: boxes by CIoU, objectness and classes by cross-entropy."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn import functional

from evaluators.detection.assignment import LevelAssignment, Targets, assigned
from prototypenas.detection.anchors import Levels
from prototypenas.detection.head import anchor_channels
from prototypenas.errors import ConfigurationError
from prototypenas.types import InputShape

BOX_GAIN, OBJECTNESS_GAIN, CLASS_GAIN = 0.05, 1.0, 0.5
"""YOLOv5's; the objectness gain is not scaled with the input's size, which cost 16 points of training mAP50 at 128."""
BALANCE = (4.0, 1.0, 0.4)
"""Weights of the levels' objectness, finest first."""
TINY = 1e-7


@dataclass(frozen=True)
class DetectionLoss:
    """Loss of raw level outputs against boxes; plain values, so that it pickles."""

    anchors: Levels
    """In input pixels."""
    num_classes: int
    input_shape: InputShape

    @cached_property
    def _channels(self) -> int:
        return anchor_channels(self.num_classes)

    def __call__(self, outputs: Sequence[Tensor], targets: Targets) -> Tensor:
        """Return the loss of outputs `(N, A * channels, H_l, W_l)`, multiplied by N as YOLOv5 does.

        Raises:
            ConfigurationError: if the outputs are not those of this head.
        """
        views = self.views(outputs)
        maps = [(view.shape[2], view.shape[3]) for view in views]
        strides = self.strides(outputs)
        anchors = [torch.tensor(level, device=views[0].device) for level in self.anchors]
        box = objectness = classes = views[0].new_zeros(())
        levels = zip(
            views, assigned(targets, anchors, maps, strides), anchors, strides, _balance(len(views)), strict=True
        )
        for view, assignment, level, stride, weight in levels:
            wanted = torch.zeros_like(view[..., 4])
            if len(assignment.box):
                found = view[assignment.picture, assignment.anchor, assignment.row, assignment.column]
                truth = targets.boxes[assignment.box]
                overlap = complete_iou(decoded(found, assignment, level, stride), truth)
                box = box + (1 - overlap).mean()
                wanted = _objectness_targets(wanted, assignment, overlap.detach())
                if self.num_classes > 1:
                    classes = classes + _class_loss(found, targets.labels[assignment.box])
            objectness = objectness + weight * functional.binary_cross_entropy_with_logits(view[..., 4], wanted)
        class_gain = CLASS_GAIN * self.num_classes / 80
        return (BOX_GAIN * box + OBJECTNESS_GAIN * objectness + class_gain * classes) * len(outputs[0])

    def views(self, outputs: Sequence[Tensor]) -> list[Tensor]:
        """Return each level as `(N, A, H, W, channels of an anchor)`.

        Raises:
            ConfigurationError: if levels or channels are others.
        """
        found = [output.shape[1] for output in outputs]
        wanted = [len(level) * self._channels for level in self.anchors]
        if found != wanted:
            raise ConfigurationError(f"the network's outputs have {found} channels; the head wants {wanted}")
        return [
            output.view(len(output), len(level), self._channels, *output.shape[2:]).permute(0, 1, 3, 4, 2)
            for output, level in zip(outputs, self.anchors, strict=True)
        ]

    def strides(self, outputs: Sequence[Tensor]) -> list[int]:
        """Return the input pixels that a cell of each level spans."""
        return [self.input_shape[1] // output.shape[2] for output in outputs]


def decoded(found: Tensor, assignment: LevelAssignment, anchors: Tensor, stride: int) -> Tensor:
    """Return corners of the predictions `(K, channels)` of one level, in input pixels."""
    cells = torch.stack((assignment.column, assignment.row), dim=1)
    centres = (2 * found[:, :2].sigmoid() - 0.5 + cells) * stride
    sides = (2 * found[:, 2:4].sigmoid()) ** 2 * anchors[assignment.anchor]
    return torch.cat((centres - sides / 2, centres + sides / 2), dim=1)


def complete_iou(first: Tensor, second: Tensor) -> Tensor:
    """Return the CIoU of boxes in pairs, corners `(K, 4)` (Zheng et al. 2020); no gradient through alpha."""
    low, high = torch.maximum(first[:, :2], second[:, :2]), torch.minimum(first[:, 2:], second[:, 2:])
    shared = (high - low).clamp(min=0).prod(dim=1)
    sides, others = first[:, 2:] - first[:, :2], second[:, 2:] - second[:, :2]
    overlap = shared / (sides.prod(dim=1) + others.prod(dim=1) - shared + TINY)
    hull = torch.maximum(first[:, 2:], second[:, 2:]) - torch.minimum(first[:, :2], second[:, :2])
    distance = ((first[:, :2] + first[:, 2:] - second[:, :2] - second[:, 2:]) / 2).square().sum(dim=1)
    angles = torch.atan(sides[:, 0] / (sides[:, 1] + TINY)) - torch.atan(others[:, 0] / (others[:, 1] + TINY))
    shape = 4 / math.pi**2 * angles.square()
    with torch.no_grad():
        alpha = shape / (shape - overlap + 1 + TINY)
    return overlap - distance / (hull.square().sum(dim=1) + TINY) - alpha * shape


def _objectness_targets(wanted: Tensor, assignment: LevelAssignment, overlap: Tensor) -> Tensor:
    """Want of each assigned prediction its overlap; of two boxes at one prediction the nearer decides."""
    _, anchors, height, width = wanted.shape
    place = ((assignment.picture * anchors + assignment.anchor) * height + assignment.row) * width + assignment.column
    values = overlap.clamp(min=0).to(wanted.dtype)
    return wanted.flatten().scatter_reduce(0, place, values, reduce="amax").view_as(wanted)


def _class_loss(found: Tensor, labels: Tensor) -> Tensor:
    wanted = functional.one_hot(labels, found.shape[1] - 5).to(found.dtype)
    return functional.binary_cross_entropy_with_logits(found[:, 5:], wanted)


def _balance(levels: int) -> tuple[float, ...]:
    return BALANCE[:levels] if levels <= len(BALANCE) else BALANCE + (BALANCE[-1],) * (levels - len(BALANCE))
