import numpy as np
import pytest

from prototypenas.detection.anchors import YOLOV5_ANCHORS, scaled
from prototypenas.detection.decode import Decoder, score_table
from prototypenas.detection.head import DetectionHead, DetectionLevel
from prototypenas.graph.tensors import Quantization


def some_head(classes: int = 1, side: int = 64) -> DetectionHead:
    levels = tuple(
        DetectionLevel(stride, anchors)
        for stride, anchors in zip((8, 16, 32), scaled(YOLOV5_ANCHORS, side), strict=True)
    )
    return DetectionHead(levels, tuple(f"class {number}" for number in range(classes)), (3, side, side))


@pytest.fixture(params=[1, 4])
def decoder(request) -> Decoder:
    tables = [score_table(Quantization(scale, point)) for scale, point in ((0.1, 20), (0.07, -5), (0.06, 0))]
    return Decoder(some_head(request.param), np.stack(tables))


@pytest.fixture
def random_outputs():
    def draw(head: DetectionHead, seed: int) -> list[np.ndarray]:
        rng = np.random.default_rng(seed)
        return [
            rng.integers(-128, 128, (*size, channels), dtype=np.int8)
            for size, channels in zip(head.maps, head.channels, strict=True)
        ]

    return draw
