"""MbedNet's levels: three maps of raw predictions, finest first."""

import torch

from prototypenas.graph.lowering import lower
from search_spaces import REFERENCES
from search_spaces.mbednet_detection import build_mbednet_detection, detection_outputs


def test_a_level_predicts_boxes_objectness_and_classes_for_three_anchors():
    assert detection_outputs(80) == 255


def test_levels_are_strides_8_16_and_32():
    model = build_mbednet_detection(REFERENCES["mbednet_detection"], (3, 128, 96), 2)
    shapes = [tuple(level.shape) for level in model(torch.randn(1, 3, 128, 96))]
    assert shapes == [(1, 21, 16, 12), (1, 21, 8, 6), (1, 21, 4, 3)]


def test_every_level_is_an_output_of_the_graph():
    with torch.device("meta"):
        model = build_mbednet_detection(REFERENCES["mbednet_detection"], (3, 64, 64), 1)
    graph = lower(model, (3, 64, 64))
    assert [graph.tensors[name].channels for name in graph.outputs] == [18, 18, 18]
