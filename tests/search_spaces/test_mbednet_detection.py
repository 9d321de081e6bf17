"""MbedNet's levels: three maps of raw predictions, finest first."""

import math
import random

import pytest
import torch

from prototypenas.detection.anchors import YOLOV5_ANCHORS, scaled
from prototypenas.detection.head import head_for
from prototypenas.errors import InvalidConfiguration
from prototypenas.graph.lowering import lower
from prototypenas.types import Configuration, GroupConfiguration
from search_spaces import REFERENCES
from search_spaces.mbednet_detection import build_mbednet_detection, detection_outputs


def test_a_level_predicts_boxes_objectness_and_classes_for_three_anchors():
    assert detection_outputs(80) == 255
    assert detection_outputs(1) == 15, "a lone class needs no score"


def test_untrained_objectness_and_classes_begin_with_their_priors():
    model = build_mbednet_detection(REFERENCES["mbednet_detection"], (3, 64, 64), 4)
    for level, stride in zip(model.head.levels, (8, 16, 32), strict=True):
        bias = level.bias.detach().view(3, 9)
        assert torch.allclose(bias[:, 4], torch.tensor(math.log(8 / (640 / stride) ** 2)))
        assert torch.allclose(bias[:, 5:], torch.tensor(math.log(0.6 / (4 - 0.99999))))


def test_an_input_that_a_stride_does_not_divide_is_invalid():
    with pytest.raises(InvalidConfiguration, match="stride 32, no part of 128x112"):
        build_mbednet_detection(REFERENCES["mbednet_detection"], (3, 128, 112), 1)


def test_every_candidate_has_whole_strides_or_is_invalid():
    rng, built = random.Random(0), 0
    usual = scaled(YOLOV5_ANCHORS, 96)
    for _ in range(200):
        groups = tuple(
            GroupConfiguration(rng.randint(1, 5), rng.choice((3, 5, 7)), rng.choice((1, 2)), rng.random() * 0.9)
            for _ in range(4)
        )
        configuration = Configuration("mbednet_detection", rng.uniform(0.1, 1.5), groups)
        try:
            with torch.device("meta"):
                model = build_mbednet_detection(configuration, (3, 96, 144), 1)
        except InvalidConfiguration:
            continue
        head = head_for(lower(model, (3, 96, 144)), usual, ["person"])
        assert all(
            (h * level.stride, w * level.stride) == (96, 144)
            for level, (h, w) in zip(head.levels, head.maps, strict=True)
        )
        built += 1
    assert built > 50


def test_levels_are_strides_8_16_and_32():
    model = build_mbednet_detection(REFERENCES["mbednet_detection"], (3, 128, 96), 2)
    shapes = [tuple(level.shape) for level in model(torch.randn(1, 3, 128, 96))]
    assert shapes == [(1, 21, 16, 12), (1, 21, 8, 6), (1, 21, 4, 3)]


def test_every_level_is_an_output_of_the_graph():
    with torch.device("meta"):
        model = build_mbednet_detection(REFERENCES["mbednet_detection"], (3, 64, 64), 1)
    graph = lower(model, (3, 64, 64))
    assert [graph.tensors[name].channels for name in graph.outputs] == [15, 15, 15]
