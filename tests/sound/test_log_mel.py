import math

import numpy as np
import pytest

from prototypenas.errors import ConfigurationError
from prototypenas.sound.log_mel import LogMel, quarter_logarithm

SPEECH = LogMel(rate_hz=16_000, clip=16_000, frame=512, hop=320)


def tone(hertz: float, amplitude: float = 8000.0) -> np.ndarray:
    return np.rint(amplitude * np.sin(2 * np.pi * hertz * np.arange(SPEECH.clip) / SPEECH.rate_hz)).astype(np.int16)


def test_a_clip_becomes_a_picture_of_bands_and_frames():
    assert SPEECH.frames == 49
    assert SPEECH.features(np.zeros((3, 16_000), dtype=np.int16)).shape == (3, 40, 49)
    assert not SPEECH.features(np.zeros((1, 16_000), dtype=np.int16)).any()


def test_features_are_those_of_floating_point_within_a_step():
    clip = (np.random.default_rng(0).normal(size=(1, 16_000)) * 3000).astype(np.int16)
    views = np.lib.stride_tricks.sliding_window_view(clip[0], 512)[::320]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(512) / 512)
    power = np.abs(np.fft.rfft(views * window)) ** 2
    first, bands, weights = SPEECH.filters
    triangles = np.zeros((257, 42))
    for place, (band, weight) in enumerate(zip(bands, weights, strict=True)):
        triangles[first + place, band + 1] += weight
        triangles[first + place, band] += 256 - weight
    expected = 4 * np.log2(power @ triangles[:, 1:-1])
    assert np.abs(SPEECH.features(clip)[0].T - np.floor(expected)).max() <= 1


@pytest.mark.parametrize("hertz", [200, 1000, 4000])
def test_a_tone_is_loudest_in_its_band_and_a_step_is_three_quarters_of_a_decibel(hertz):
    loud, soft = (SPEECH.features(tone(hertz, amplitude)[None])[0].mean(axis=1) for amplitude in (8000, 4000))
    mel = 2595 * math.log10(1 + hertz / 700)
    low, high = (2595 * math.log10(1 + edge / 700) for edge in (60, 7600))
    band = (mel - low) / (high - low) * 41 - 1
    assert abs(int(loud.argmax()) - band) <= 1
    assert loud.max() - soft.max() == pytest.approx(8, abs=0.2)


@pytest.mark.parametrize("frame", [16, 512, 4096])
def test_the_loudest_sound_stays_in_range(frame):
    log_mel = LogMel(rate_hz=32 * frame, clip=frame, frame=frame, hop=frame, bands=1)
    square = np.where(np.arange(frame) // 2 % 2, 32_767, -32_768).astype(np.int16)
    level = np.full(frame, -32_768, dtype=np.int16)
    found = log_mel.columns(np.stack((square, level)))
    assert 4 * 8 < found[0, 0] < 4 * 64
    real, imaginary = log_mel._transformed(level[None].astype(np.int64))
    assert max(np.abs(real).max(), np.abs(imaginary).max()) < 2**31


def test_the_logarithm_is_exact():
    values = [0, 1, 2, 3, 65_535, 65_536, 2**40, 2**63, 2**64 - 1, *(3**power for power in range(40))]
    found = quarter_logarithm(np.array(values, dtype=np.uint64))
    for value, logarithm in zip(values, found.tolist(), strict=True):
        assert logarithm == (
            math.floor(4 * math.log2(value) + 1e-12) if 0 < value < 2**64 - 1 else {0: 0}.get(value, 255)
        )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"frame": 500}, "power of two"),
        ({"frame": 8192}, "power of two"),
        ({"hop": 0}, "at least a frame"),
        ({"clip": 500}, "at least a frame"),
        ({"bands": 0}, "0 bands do not suit"),
        ({"bands": 120, "frame": 256}, "120 bands do not suit"),
    ],
)
def test_impossible_settings_are_refused(change, message):
    settings = {"rate_hz": 16_000, "clip": 16_000, "frame": 512, "hop": 320, "bands": 40} | change
    with pytest.raises(ConfigurationError, match=message):
        LogMel(**settings)
