from pathlib import Path

import pytest

from prototypenas.errors import RunDirectoryError
from prototypenas.runs.atomic_files import read_json, write_json, written_whole


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_failed_write_keeps_what_was_there(tmp_path):
    file = tmp_path / "run.json"
    write_json(file, {"a": 1})
    (tmp_path / "run.json.draft").symlink_to("/dev/full")
    with pytest.raises(RunDirectoryError, match="nothing already written is lost"):
        write_json(file, {"a": 2})
    assert read_json(file) == {"a": 1}
    assert [one.name for one in tmp_path.iterdir()] == ["run.json"]


def test_work_that_fails_in_the_middle_keeps_what_was_there(tmp_path):
    file = tmp_path / "new" / "table"
    with written_whole(file) as stream:
        stream.write(b"old")
    with pytest.raises(ZeroDivisionError), written_whole(file) as stream:
        stream.write(b"new")
        raise ZeroDivisionError
    assert file.read_bytes() == b"old"
    assert [one.name for one in file.parent.iterdir()] == ["table"]


@pytest.mark.parametrize("content", ["{", "[]", ""])
def test_a_corrupt_file_is_named_with_what_to_do(tmp_path, content):
    (tmp_path / "x.json").write_text(content)
    with pytest.raises(RunDirectoryError, match=r"x\.json .*--out"):
        read_json(tmp_path / "x.json")
