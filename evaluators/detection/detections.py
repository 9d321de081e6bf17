"""What was found in pictures, in their own pixels: from float outputs, or from int8 ones as the C does it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision.ops import batched_nms

from evaluators.datasets.boxed_pictures import BoxedPictures
from evaluators.detection.loss import DetectionLoss
from prototypenas.compression.simulator import output_maps
from prototypenas.detection.decode import FULL_SCORE, ONE_PIXEL, DetectorSettings, decoder_for
from prototypenas.detection.head import DetectionHead
from prototypenas.detection.letterbox import Letterbox
from prototypenas.detection.suppression import detect
from prototypenas.graph.graph import IntegerGraph


@dataclass(frozen=True, eq=False)
class Detections:
    """The boxes found in one picture, the greatest score first."""

    boxes: NDArray[np.float64]
    """`(K, 4)`, corners in pixels of the original picture."""
    scores: NDArray[np.float64]
    labels: NDArray[np.int64]

    def above(self, threshold: float) -> "Detections":
        """Return those of at least a score."""
        kept = self.scores >= threshold
        return Detections(self.boxes[kept], self.scores[kept], self.labels[kept])


def float_detections(
    outputs: Sequence[Tensor], head: DetectionLoss, letterboxes: Sequence[Letterbox], settings: DetectorSettings
) -> Iterator[Detections]:
    """Decode raw float outputs `(N, channels, H, W)` of the levels and suppress overlapping boxes."""
    boxes, scores, labels = _decoded(outputs, head)
    for place, letterbox in enumerate(letterboxes):
        kept = (scores[place] >= settings.threshold).nonzero().squeeze(1)
        order = scores[place][kept].argsort(descending=True, stable=True)[: settings.candidates]
        kept = kept[order]
        box, score, label = boxes[place][kept], scores[place][kept], labels[place][kept]
        chosen = batched_nms(box, score, label, settings.overlap_percent / 100)[: settings.most]
        yield Detections(
            letterbox.inverse(box[chosen].double().cpu().numpy()),
            score[chosen].double().cpu().numpy(),
            label[chosen].cpu().numpy(),
        )


def int8_detections(
    graph: IntegerGraph, head: DetectionHead, outputs: NDArray[np.int8], part: BoxedPictures, settings: DetectorSettings
) -> Iterator[Detections]:
    """Decode raw int8 outputs, `(N, output bytes)`, by the integer arithmetic of the C."""
    decoder = decoder_for(head, graph)
    maps = list(output_maps(graph, outputs).values())
    within = settings.within(head)
    for place, letterbox in enumerate(part.letterboxes):
        records = detect(decoder, [level[place] for level in maps], within)
        corners = np.stack([records[name] for name in ("x1", "y1", "x2", "y2")], axis=1) / ONE_PIXEL
        yield Detections(letterbox.inverse(corners), records["score"] / FULL_SCORE, records["label"].astype(np.int64))


def _decoded(outputs: Sequence[Tensor], head: DetectionLoss) -> tuple[Tensor, Tensor, Tensor]:
    """Return corners `(N, B, 4)` cut to the input, scores and labels `(N, B)` of all boxes of all levels."""
    boxes, scores, labels = [], [], []
    height, width = head.input_shape[1:]
    levels = zip(head.views(outputs), head.strides(outputs), head.anchors, strict=True)
    for view, stride, anchors in levels:
        sigma = view.sigmoid()
        rows, columns = torch.meshgrid(
            torch.arange(view.shape[2], device=view.device),
            torch.arange(view.shape[3], device=view.device),
            indexing="ij",
        )
        centres = (2 * sigma[..., :2] - 0.5 + torch.stack((columns, rows), dim=-1)) * stride
        sides = (2 * sigma[..., 2:4]) ** 2 * torch.tensor(anchors, device=view.device)[None, :, None, None]
        corners = torch.cat((centres - sides / 2, centres + sides / 2), dim=-1)
        limits = torch.tensor((width, height, width, height), device=view.device, dtype=corners.dtype)
        boxes.append(torch.minimum(corners.clamp(min=0), limits).flatten(1, 3))
        best, label = sigma[..., 5:].max(dim=-1) if view.shape[-1] > 5 else (1.0, torch.zeros_like(view[..., 4]))
        scores.append((sigma[..., 4] * best).flatten(1))
        labels.append(label.long().flatten(1))
    return torch.cat(boxes, dim=1), torch.cat(scores, dim=1), torch.cat(labels, dim=1)
