import json

import pytest

from prototypenas.errors import RunDirectoryError
from prototypenas.runs.start_record import START_FILE, read_start


def test_it_says_what_a_model_began_with_if_with_anything(tmp_path):
    assert read_start(tmp_path) is None
    (tmp_path / START_FILE).write_text(json.dumps({"pretrained": "mbednet-0.5-0", "tensors_taken": 3, "tensors": 9}))
    assert read_start(tmp_path) == "begins with 3 of 9 tensors from pretrained/mbednet-0.5-0"
    (tmp_path / START_FILE).write_text(json.dumps({"pretrained": "x"}))
    with pytest.raises(RunDirectoryError, match="tensors_taken"):
        read_start(tmp_path)
