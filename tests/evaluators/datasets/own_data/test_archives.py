import shutil
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image

from evaluators.datasets.own_data import open_dataset
from evaluators.datasets.own_data.archives import unpacked
from prototypenas.errors import DatasetError


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "made" / "flowers"
    for label in ("rose", "tulip"):
        (folder / "photos" / label).mkdir(parents=True)
        for number in range(5):
            shade = np.full((8, 8, 3), 20 * number, dtype=np.uint8)
            Image.fromarray(shade).save(folder / "photos" / label / f"{number}.png")
    return folder.parent


@pytest.mark.parametrize("kind", ["zip", "gztar", "tar"])
def test_an_archive_is_read_where_it_lies(tmp_path, pictures, kind):
    (tmp_path / "data").mkdir()
    archive = shutil.make_archive(str(tmp_path / "data" / "mine"), kind, pictures)
    for path in (archive, tmp_path / "data"):
        data = open_dataset(path if path != archive else type(tmp_path)(archive), input_shape=(3, 8, 8))
        assert data.name == "mine" and data.classes == ("rose", "tulip")
        assert data.reading.startswith("unpacked from mine.")
    assert len(list((tmp_path / "data").iterdir())) == 1


def test_a_single_file_inside_is_read(tmp_path):
    np.savez(tmp_path / "own.npz", x=np.zeros((20, 5)), y=np.arange(20) % 2)
    with zipfile.ZipFile(tmp_path / "own.zip", "w") as archive:
        archive.write(tmp_path / "own.npz", "deep/own.npz")
    assert open_dataset(tmp_path / "own.zip").input_shape == (1, 5)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"no archive at all"])
@pytest.mark.parametrize("name", ["own.zip", "own.tar.gz", "own.tar"])
def test_a_damaged_archive_is_one_line(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DatasetError, match="cannot be unpacked"):
        open_dataset(tmp_path / name)


def test_a_file_that_would_leave_the_folder_does_not(tmp_path):
    outside = tmp_path / "outside"
    outside.write_text("x")
    with tarfile.open(tmp_path / "own.tar", "w") as archive:
        archive.add(outside, arcname="../escaped")
    with pytest.raises(DatasetError, match="cannot be unpacked"), unpacked(tmp_path / "own.tar"):
        pass


def test_an_archive_larger_than_the_disk_is_refused(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "own.zip", "w") as archive:
        archive.writestr("x.csv", "a" * 1000)
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=500))
    with pytest.raises(DatasetError, match="unpacks to 1,000 bytes"):
        open_dataset(tmp_path / "own.zip")
