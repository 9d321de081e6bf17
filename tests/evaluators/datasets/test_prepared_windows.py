from pathlib import Path

import numpy as np
import pytest

from evaluators.datasets import prepared_windows as module
from evaluators.datasets.prepared_windows import prepared_windows

SHAPE = (2, 3)


class Reader:
    """Counts the files read; a file holds one number."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def __call__(self, path: Path) -> np.ndarray:
        self.read.append(path.name)
        return np.full(SHAPE, float(path.read_text()), dtype=np.float32)


@pytest.fixture
def files(tmp_path) -> list[Path]:
    paths = [tmp_path / f"{number}.txt" for number in range(3)]
    for number, path in enumerate(paths):
        path.write_text(str(number))
    return paths


def prepare(files, reader, *, name="set", shape=SHAPE):
    return prepared_windows(files[0].parent, files, name=name, shape=shape, read=reader)


def test_files_are_read_once_and_give_the_same(files):
    reader = Reader()
    first, second = prepare(files, reader), prepare(files, reader)
    assert reader.read == ["0.txt", "1.txt", "2.txt"]
    assert first[:, 0, 0].tolist() == [0, 1, 2]
    assert second.shape == (3, *SHAPE) and np.array_equal(first, second)


def test_a_changed_file_another_list_and_other_settings_are_read_again(files):
    prepare(files, Reader())
    shorter, other, changed = Reader(), Reader(), Reader()
    prepare(files[:2], shorter)
    prepare(files, other, name="other")
    files[1].write_text("70")
    assert prepare(files, changed)[1, 0, 0] == 70
    assert [len(reader.read) for reader in (shorter, other, changed)] == [2, 3, 3]


def test_a_broken_reading_and_a_cut_file_leave_nothing_to_trust(files):
    files[2].write_text("no number")
    with pytest.raises(ValueError, match="no number"):
        prepare(files, Reader())
    assert not list(files[0].parent.glob("set*"))
    files[2].write_text("2")
    prepare(files, Reader())
    (kept,) = files[0].parent.glob("set*")
    kept.write_bytes(kept.read_bytes()[:-4])
    reader = Reader()
    assert prepare(files, reader)[2, 1, 2] == 2 and len(reader.read) == 3


@pytest.mark.parametrize("obstacle", ["access", "space"])
def test_a_folder_that_cannot_keep_them_is_left_alone(files, monkeypatch, obstacle):
    if obstacle == "access":
        monkeypatch.setattr(module.os, "access", lambda *_: False)
    else:
        monkeypatch.setattr(module, "SPARE", 10**18)
    assert prepare(files, Reader())[:, 1, 1].tolist() == [0, 1, 2]
    assert not list(files[0].parent.glob("set*"))
