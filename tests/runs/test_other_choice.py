import pytest

from prototypenas.errors import RunDirectoryError
from prototypenas.runs.other_choice import OTHER_CHOICE_FILE, OtherChoice, read_other_choice, write_other_choice


def test_it_is_read_back_as_written(tmp_path):
    assert read_other_choice(tmp_path) is None
    choice = OtherChoice("paper", (3, 1, 7), scored=40, explored=100)
    write_other_choice(choice, tmp_path)
    assert read_other_choice(tmp_path) == choice


def test_a_damaged_record_is_named(tmp_path):
    (tmp_path / OTHER_CHOICE_FILE).write_text('{"preset": "paper", "chosen": 4}')
    with pytest.raises(RunDirectoryError, match=r"other_preset\.json does not say 'chosen'"):
        read_other_choice(tmp_path)
