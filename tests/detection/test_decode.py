from dataclasses import replace

import numpy as np
import pytest

from prototypenas.detection.decode import EVALUATED, DetectorSettings, score_table
from prototypenas.errors import ConfigurationError
from prototypenas.graph.tensors import Quantization

EVERYTHING = DetectorSettings(threshold=1e-9, candidates=10**6, most=10**6)


def literal(decoder, outputs, settings):
    """Decode cell by cell in plain integers."""
    found = []
    head = decoder.head
    height, width = (16 * side for side in head.input_shape[1:])
    for level, table, maps in zip(head.levels, decoder.tables, outputs, strict=True):
        S = [int(value) for value in table]
        for y in range(maps.shape[0]):
            for x in range(maps.shape[1]):
                for a, anchor in enumerate(level.anchors):
                    q = [int(value) for value in maps[y, x, a * head.channels_per_anchor :][: head.channels_per_anchor]]
                    score, label = S[q[4] + 128], 0
                    if len(q) > 5:
                        label = q[5:].index(max(q[5:]))
                        score = score * S[q[5 + label] + 128] >> 16
                    if score < settings.least_score:
                        continue
                    box = []
                    for axis, (cell, limit) in enumerate(((x, width), (y, height))):
                        centre = 16 * level.stride * cell - 8 * level.stride
                        centre += (S[q[axis] + 128] * level.stride + 1024) >> 11
                        side = S[q[2 + axis] + 128]
                        side = ((side * side >> 16) * 4 * round(16 * anchor[axis]) + 32768) >> 16
                        low = centre - (side >> 1)
                        box += [min(max(low, 0), limit), min(max(low + side, 0), limit)]
                    x1, x2, y1, y2 = box
                    if x2 > x1 and y2 > y1:
                        found.append((x1, y1, x2, y2, score, label))
    order = sorted(range(len(found)), key=lambda place: (-found[place][4], place))
    return [found[place] for place in order[: settings.candidates]]


@pytest.mark.parametrize("settings", [EVERYTHING, EVALUATED, DetectorSettings(), DetectorSettings(0.9, candidates=7)])
def test_boxes_are_those_of_a_literal_loop(decoder, random_outputs, settings):
    outputs = random_outputs(decoder.head, 3)
    records = decoder.decode(outputs, settings)
    assert [tuple(record) for record in records.tolist()] == literal(decoder, outputs, settings)


def test_integer_boxes_are_near_float_ones(decoder, random_outputs):
    head = decoder.head
    for number, (level, size) in enumerate(zip(head.levels, head.maps, strict=True)):
        outputs = [
            np.full((*other, channels), -128, np.int8) for other, channels in zip(head.maps, head.channels, strict=True)
        ]
        outputs[number] = random_outputs(head, number)[number]
        (_, point), scale = ((0, (20, -5, 0)[number]), (0.1, 0.07, 0.06)[number])
        maps = outputs[number].reshape(*size, len(level.anchors), -1).astype(float)
        sigma = 1 / (1 + np.exp(-scale * (maps - point)))
        rows, columns = np.mgrid[: size[0], : size[1]]
        centre = (2 * sigma[..., :2] - 0.5 + np.stack((columns, rows), axis=-1)[:, :, None]) * level.stride
        sides = (2 * sigma[..., 2:4]) ** 2 * np.array(level.anchors)
        low = np.clip(centre - sides / 2, 0, 64).reshape(-1, 2)
        high = np.clip(centre + sides / 2, 0, 64).reshape(-1, 2)
        score = (sigma[..., 4] * (sigma[..., 5:].max(axis=-1) if sigma.shape[-1] > 5 else 1)).reshape(-1)
        single = replace(head, levels=(level,))
        records = replace(decoder, head=single, tables=decoder.tables[number][None]).decode(
            [outputs[number]], EVERYTHING
        )
        whole = ((high - low) > 0.2).all(axis=1) & (score > 2**-15)
        wanted = np.concatenate([low, high], axis=1)[whole]
        found = np.stack([records[name] / 16 for name in ("x1", "y1", "x2", "y2")], axis=1)
        for box, value in zip(wanted[:200], score[whole][:200], strict=True):
            near = np.abs(found - box).max(axis=1) < 0.25
            assert (np.abs(records["score"][near] / 65536 - value) < 2**-14).any()


def test_scores_are_sigmoids_and_never_overflow():
    table = score_table(Quantization(0.1, 3))
    logits = 0.1 * (np.arange(-128, 128) - 3)
    assert np.abs(table / 65536 - 1 / (1 + np.exp(-logits))).max() < 2**-16
    assert score_table(Quantization(100.0, 0)).max() == 65535 and score_table(Quantization(100.0, 0)).min() == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"threshold": 0.0},
        {"threshold": 1.1},
        {"overlap_percent": 0},
        {"overlap_percent": 100},
        {"candidates": 0},
        {"most": 0},
    ],
)
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(ConfigurationError):
        DetectorSettings(**wrong)


def test_settings_never_ask_for_more_than_there_is(decoder):
    within = EVALUATED.within(decoder.head)
    assert (within.candidates, within.most) == (252, 100)
