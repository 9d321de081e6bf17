import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.ops import batched_nms

from prototypenas.detection.decode import RECORD, DetectorSettings
from prototypenas.detection.suppression import detect, suppressed


@st.composite
def candidates(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = draw(st.integers(0, 30))
    records = np.zeros(count, RECORD)
    records["x1"], records["y1"] = rng.integers(0, 400, (2, count))
    records["x2"] = records["x1"] + rng.integers(1, 300, count)
    records["y2"] = records["y1"] + rng.integers(1, 300, count)
    records["score"] = np.sort(rng.permutation(65535)[:count])[::-1]
    records["label"] = rng.integers(0, 3, count)
    return records


@settings(max_examples=1000, deadline=None)
@given(candidates(), st.integers(1, 99))
def test_the_same_boxes_are_kept_as_by_torchvision(records, percent):
    boxes = torch.tensor(np.stack([records[name] for name in ("x1", "y1", "x2", "y2")], axis=1), dtype=torch.float64)
    shared = boxes.reshape(-1, 4)
    scores = torch.tensor(records["score"].astype(np.float64))
    labels = torch.tensor(records["label"].astype(np.int64))
    kept = batched_nms(shared, scores, labels, percent / 100)
    found = suppressed(records, DetectorSettings(overlap_percent=percent, most=1000))
    assert found.tolist() == records[kept.numpy()].tolist()


def test_no_more_boxes_are_given_than_asked(decoder, random_outputs):
    outputs = random_outputs(decoder.head, 0)
    all_found = detect(decoder, outputs, DetectorSettings(0.01, 99, 500, 400))
    few = detect(decoder, outputs, DetectorSettings(0.01, 99, 500, 3))
    assert few.tolist() == all_found[:3].tolist() and len(all_found) > 20


def test_nothing_is_found_in_empty_outputs(decoder):
    head = decoder.head
    outputs = [
        np.full((*size, channels), -128, np.int8) for size, channels in zip(head.maps, head.channels, strict=True)
    ]
    assert len(detect(decoder, outputs, DetectorSettings())) == 0
