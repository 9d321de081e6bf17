import numpy as np
import pytest

from evaluators.datasets.windows import Recording, windowed_data, windows_of
from prototypenas.errors import ConfigurationError, DatasetError


def recording(length: int, label: int, group: str, channels: int = 2) -> Recording:
    times = np.arange(length, dtype=np.float32)[:, None]
    return Recording(times + 1000 * np.arange(channels, dtype=np.float32), label, group, f"{group}.txt")


def test_windows_are_the_slices_of_a_loop():
    signal = np.random.default_rng(0).normal(size=(103, 3)).astype(np.float32)
    for length, step in ((10, 10), (10, 3), (103, 1), (7, 20)):
        expected = [signal[start : start + length].T for start in range(0, 103 - length + 1, step)]
        assert np.array_equal(windows_of(signal, length, step), np.stack(expected))


def test_training_windows_overlap_test_windows_do_not_and_subjects_stay_apart():
    recordings = [recording(100, label, group) for group in ("a", "b", "c") for label in (0, 1)]
    data = windowed_data("toy", "xy", recordings, input_shape=(2, 20), test_groups=frozenset("b"), split="by subject")
    starts = data.train.inputs[:9, 0, 0].tolist()
    assert starts == [0, 10, 20, 30, 40, 50, 60, 70, 80]
    assert data.test.inputs[:5, 0, 0].tolist() == [0, 20, 40, 60, 80]
    assert data.test.inputs[0, 1, 0] == 1000
    assert data.train_groups is not None
    assert data.train_groups.bincount().tolist() == [18, 18]


def test_a_recording_shorter_than_a_window_is_named():
    recordings = [recording(100, 0, "a"), recording(15, 1, "b")]
    with pytest.raises(DatasetError, match=r"b\.txt of toy has 15 samples, shorter than a window of 20"):
        windowed_data("toy", "xy", recordings, input_shape=(2, 20), test_groups=frozenset("b"), split="s")


def test_other_channels_than_declared_or_an_image_shape_are_refused():
    recordings = [recording(50, 0, "a"), recording(50, 1, "b", channels=3)]
    with pytest.raises(ConfigurationError, match=r"b\.txt of toy has 3 channels, not 2"):
        windowed_data("toy", "xy", recordings, input_shape=(2, 20), test_groups=frozenset("b"), split="s")
    with pytest.raises(ConfigurationError, match="CxT"):
        windowed_data("toy", "xy", recordings, input_shape=(2, 20, 20), test_groups=frozenset("b"), split="s")


def test_a_class_only_seen_in_test_subjects_is_refused():
    recordings = [recording(50, 0, "a"), recording(50, 1, "b")]
    with pytest.raises(DatasetError, match="no sample of: y"):
        windowed_data("toy", "xy", recordings, input_shape=(2, 20), test_groups=frozenset("b"), split="s")
