import pytest

from evaluators.datasets.own_data import open_dataset
from prototypenas.errors import DatasetError

TS = "@problemName Toy\n@univariate true\n@classLabel true a b\n@data\n"


def rows(count: int = 20, length: int = 6) -> str:
    return "".join(f"{','.join(str(n + step) for step in range(length))}:{'ab'[n % 2]}\n" for n in range(count))


def test_latin_1_is_read(tmp_path):
    (tmp_path / "toy.ts").write_bytes("# Café\n".encode("latin-1") + (TS + rows()).encode())
    assert open_dataset(tmp_path / "toy.ts").input_shape == (1, 6)


@pytest.mark.parametrize("dimensions", ["two", "0", "-1"])
def test_dimensions_are_a_whole_number(tmp_path, dimensions):
    (tmp_path / "toy.ts").write_text(f"@dimensions {dimensions}\n" + TS + rows())
    with pytest.raises(DatasetError, match=f"@dimensions {dimensions}; a whole number"):
        open_dataset(tmp_path / "toy.ts")


def test_several_problems_are_offered_not_chosen(tmp_path):
    for name in ("One", "Two"):
        for part in ("TRAIN", "TEST"):
            (tmp_path / f"{name}_{part}.ts").write_text(TS + rows())
    with pytest.raises(DatasetError, match=r"--data .*One_TRAIN.ts.*--data .*Two_TRAIN.ts"):
        open_dataset(tmp_path)
    assert open_dataset(tmp_path / "Two_TEST.ts").name == "Two"


def test_gaps_are_filled_and_lengths_brought_together(tmp_path):
    (tmp_path / "toy.ts").write_text(TS + "0,?,2,?:a\n" + rows())
    data = open_dataset(tmp_path / "toy.ts")
    assert data.input_shape == (1, 6) and "2 gaps filled" in data.reading
    whole = data.train.inputs.tolist() + data.test.inputs.tolist()
    assert [[0, 1, 2, 2, 2, 2]] in whole


def test_very_unequal_series_are_cut_into_windows(tmp_path):
    long = ",".join(map(str, range(500)))
    (tmp_path / "toy.ts").write_text(TS + rows() + f"{long}:a\n{long}:b\n")
    data = open_dataset(tmp_path / "toy.ts")
    assert data.input_shape == (1, 6) and "cut into windows of 6" in data.reading


def test_times_and_missing_classes_are_refused(tmp_path):
    path = tmp_path / "toy.ts"
    path.write_text("@timeStamps true\n" + TS + rows())
    with pytest.raises(DatasetError, match="resample"):
        open_dataset(path)
    path.write_text("@targetLabel true\n@data\n" + rows())
    with pytest.raises(DatasetError, match="declares no classes"):
        open_dataset(path)
