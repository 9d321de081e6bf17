import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from evaluators.datasets.sisfall import ACTIVITIES, FALLS, SisFall, parse_lines
from prototypenas.errors import ConfigurationError, DatasetError


def text(rows: int, value: int) -> bytes:
    """Lines as published: padded numbers, a semicolon, carriage return and line feed."""
    line = ",".join(f"{value + channel:4d}" for channel in range(9)) + ";\r\n"
    return (line * rows).encode("ascii")


@pytest.fixture
def folder(tmp_path) -> Path:
    """Three young adults with all trials, one elderly person with two activities."""
    for subject in ("SA01", "SA02", "SA03", "SE01"):
        place = tmp_path / "SisFall_dataset" / subject
        place.mkdir(parents=True)
        for code in ACTIVITIES[3:5] if subject == "SE01" else (*ACTIVITIES, *FALLS):
            for trial in range(1, 2 if code in ACTIVITIES[:4] else 6):
                value = (*ACTIVITIES, *FALLS).index(code) * 10
                (place / f"{code}_{subject}_R{trial:02d}.txt").write_bytes(text(40, value))
    (tmp_path / "SisFall_dataset" / "Readme.txt").write_bytes("Jos\xe9 Vargas".encode("latin-1"))
    return tmp_path


def test_files_become_windows_with_the_label_of_their_code(folder):
    data = SisFall(test_subjects=("SA02",)).load(folder, input_shape=(9, 20))
    assert data.classes == (*ACTIVITIES, *FALLS)
    assert len(data.test) == 154 * 2
    assert len(data.train) == (154 * 2 + 1 + 5) * 3
    assert np.array_equal(data.test.inputs[:, 3, 0].numpy(), data.test.targets.numpy() * 10 + 3)
    assert "4 of 38 subjects" in data.split and "held out: SA02" in data.split


def test_a_zip_of_the_folder_gives_the_same(folder):
    with zipfile.ZipFile(folder / "SisFall_dataset.zip", "w", zipfile.ZIP_LZMA) as archive:
        for path in sorted((folder / "SisFall_dataset").rglob("*.txt")):
            archive.write(path, path.relative_to(folder))
    from_folder = SisFall(2).load(folder, input_shape=(9, 20))
    from_zip = SisFall(2).load(folder / "SisFall_dataset.zip", input_shape=(9, 20))
    assert from_zip.digest() == from_folder.digest()
    assert from_zip.classes == ("activity", "fall")
    broken = folder / "sisfall_broken.zip"
    broken.write_bytes((folder / "SisFall_dataset.zip").read_bytes()[:5000])
    with pytest.raises(DatasetError, match="no whole zip"):
        SisFall().load(broken)


def test_a_missing_trial_is_refused(folder):
    (folder / "SisFall_dataset/SA03/F07_SA03_R04.txt").unlink()
    with pytest.raises(DatasetError, match="SA03 of SisFall has 4 of 5 files F07_SA03"):
        SisFall().load(folder, input_shape=(9, 20))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (text(5, 1)[:-30], "cut off in line 5"),
        (text(5, 1).replace(b"   9", b"   x", 1), "other than numbers"),
        (text(2, 1) + b"1,2,3;\r\n", "no nine numbers in line 3"),
        (b"", "no nine numbers in line 1"),
    ],
)
def test_a_damaged_file_is_named(content, message):
    with pytest.raises(DatasetError, match=rf"D01_SA01_R01\.txt.*{message}"):
        parse_lines(content, "D01_SA01_R01.txt")


def test_what_is_not_there_is_said(folder, tmp_path_factory):
    with pytest.raises(DatasetError, match="SA99 are not among SA01"):
        SisFall(test_subjects=("SA99",)).load(folder, input_shape=(9, 20))
    with pytest.raises(DatasetError, match="neither SisFall_dataset"):
        SisFall().load(tmp_path_factory.mktemp("empty"))
    with pytest.raises(DatasetError, match="not downloaded"):
        SisFall().load(folder, download=True)
    with pytest.raises(ConfigurationError, match="34 classes"):
        SisFall(9)


@pytest.mark.dataset
def test_the_real_subset_is_whole():
    place = Path(os.environ.get("PROTOTYPENAS_DATA", Path(__file__).parents[4] / "shared" / "data"))
    if not (place / "sisfall_subset.zip").exists():
        pytest.skip("no SisFall beside the checkout; set PROTOTYPENAS_DATA")
    data = SisFall(test_subjects=("SA05",)).load(place)
    assert data.num_classes == 34
    assert 850 < len(data.test) < 960  # a fifth of the 4,530 windows without overlap that the subset's makers counted
    assert abs(data.normalisation.mean[1]) > 100  # gravity, in raw units
