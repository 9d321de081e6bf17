import numpy as np
import pytest
from scipy.io import wavfile

from evaluators.datasets.own_data.sound_files import at_rate, clips_of, read_wav
from prototypenas.errors import DatasetError

TONE = (8000 * np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)).astype(np.int16)


@pytest.mark.parametrize(
    ("samples", "tolerance"),
    [
        (TONE, 0),
        ((TONE // 256 + 128).astype(np.uint8), 256),
        (TONE.astype(np.int32) * 65_536, 0),
        ((TONE / 32_767).astype(np.float32), 1),
        (np.stack([TONE, TONE], axis=1), 0),
    ],
)
def test_every_width_is_read_as_the_same_sound(tmp_path, samples, tolerance):
    wavfile.write(tmp_path / "a.wav", 8000, samples)
    rate, found = read_wav(tmp_path / "a.wav")
    assert rate == 8000 and found.dtype == np.int16
    assert np.abs(found.astype(int) - TONE).max() <= tolerance


@pytest.mark.parametrize("cut", [0, 3, 30])
def test_a_truncated_file_is_named(tmp_path, cut):
    wavfile.write(tmp_path / "a.wav", 8000, TONE)
    (tmp_path / "a.wav").write_bytes((tmp_path / "a.wav").read_bytes()[:cut])
    with pytest.raises(DatasetError, match=r"a\.wav (is truncated|holds no sample)"):
        read_wav(tmp_path / "a.wav")


def test_another_rate_keeps_the_tone():
    found = at_rate(TONE, 8000, 16_000)
    assert len(found) == 16_000 and np.argmax(np.abs(np.fft.rfft(found))) == 440
    assert at_rate(TONE, 8000, 8000) is TONE


def test_clips_are_consecutive_from_the_middle_or_followed_by_silence():
    sound = np.arange(10, dtype=np.int16)
    assert [clip.tolist() for clip in clips_of(sound, 4)] == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert [clip.tolist() for clip in clips_of(sound, 6)] == [[2, 3, 4, 5, 6, 7]]
    assert [clip.tolist() for clip in clips_of(sound, 12)] == [[*range(10), 0, 0]]
