from dataclasses import replace

import pytest
import torch

from prototypenas.detection.anchors import YOLOV5_ANCHORS, scaled
from prototypenas.detection.head import DetectionHead, DetectionLevel, head_for, read_head, write_head
from prototypenas.errors import ConfigurationError, InvalidConfiguration, RunDirectoryError
from prototypenas.graph.lowering import lower
from search_spaces import REFERENCES
from search_spaces.mbednet_detection import build_mbednet_detection
from tests.detection.conftest import some_head


@pytest.fixture(scope="module")
def graph():
    with torch.device("meta"):
        return lower(build_mbednet_detection(REFERENCES["mbednet_detection"], (3, 128, 128), 1), (3, 128, 128))


def test_strides_and_boxes_follow_from_the_network(graph):
    head = head_for(graph, scaled(YOLOV5_ANCHORS, 128), ["person"])
    assert [level.stride for level in head.levels] == [8, 16, 32]
    assert (head.boxes, head.channels, head.maps) == (1008, (15, 15, 15), ((16, 16), (8, 8), (4, 4)))
    assert sum(graph.tensors[name].elements for name in graph.outputs) == 5040
    head.check(graph)


def test_a_head_is_read_back_as_it_was_written(graph, tmp_path):
    head = head_for(graph, scaled(YOLOV5_ANCHORS, 128), ["person"])
    write_head(head, tmp_path / "head.json")
    assert read_head(tmp_path / "head.json") == head


@pytest.mark.parametrize("text", ["", "{}", '{"levels": [], "classes": ["a"], "input_shape": [3, 64, 64]}'])
def test_a_damaged_file_is_named(text, tmp_path):
    (tmp_path / "head.json").write_text(text)
    with pytest.raises(RunDirectoryError, match=r"head\.json is no readable head"):
        read_head(tmp_path / "head.json")


def test_a_head_of_another_network_is_refused_with_both_numbers(graph):
    head = replace(some_head(side=128), classes=("cat", "dog"))
    with pytest.raises(RunDirectoryError, match=r"\(16, 16, 21\).*the graph has.*\(16, 16, 15\)"):
        head.check(graph)
    with pytest.raises(InvalidConfiguration, match="level 0 has 15 channels; 21 are needed"):
        head_for(graph, scaled(YOLOV5_ANCHORS, 128), ["cat", "dog"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda: DetectionLevel(8, ()), "no anchor"),
        (lambda: DetectionLevel(8, ((3, 0),)), "anchor 3 x 0"),
        (lambda: DetectionLevel(8, ((1024, 3),)), "at most 1023"),
        (lambda: DetectionLevel(0, ((3, 3),)), "stride is 0"),
        (lambda: replace(some_head(), classes=("a", "a")), "none twice"),
        (lambda: replace(some_head(), levels=()), "no level"),
        (lambda: replace(some_head(), input_shape=(3, 64, 48)), "no multiple of stride 32"),
        (lambda: replace(some_head(), input_shape=(3, 2048, 64)), "sides to 2047"),
    ],
)
def test_what_no_detector_can_have_is_refused(change, message):
    with pytest.raises(ConfigurationError, match=message):
        change()


def test_an_oblong_input_has_oblong_maps():
    assert DetectionHead(some_head().levels, ("a",), (3, 64, 96)).maps == ((8, 12), (4, 6), (2, 3))
