import numpy as np
import pytest

from prototypenas.errors import RunDirectoryError
from prototypenas.runs.detection_results import DETECTIONS, DetectionResults, read_detections, write_detections

ROWS = np.ones((2, 7), np.float32)
FOUND = DetectionResults(np.zeros((1, 3, 4, 4), np.uint8), ROWS, ROWS[:0], np.ones(101), np.zeros(101))


def test_what_is_written_is_read_back_and_nothing_is_none(tmp_path):
    assert read_detections(tmp_path) is None
    write_detections(FOUND, tmp_path)
    found = read_detections(tmp_path)
    assert found is not None and (found.truth == FOUND.truth).all() and found.found.shape == (0, 7)
    assert [one.name for one in tmp_path.iterdir()] == [DETECTIONS], "nothing is left beside it"


def test_a_torn_file_is_named(tmp_path):
    write_detections(FOUND, tmp_path)
    (tmp_path / DETECTIONS).write_bytes((tmp_path / DETECTIONS).read_bytes()[:100])
    with pytest.raises(RunDirectoryError, match=rf"{DETECTIONS} is damaged"):
        read_detections(tmp_path)
