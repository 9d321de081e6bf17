import numpy as np
import pytest

from evaluators.datasets.own_data.opening import open_dataset
from prototypenas.errors import DatasetError


def table(tmp_path, names, rows=20):
    rng = np.random.default_rng(0)
    values = rng.integers(0, 256, (rows, len(names)))
    lines = [",".join(["label", *names])]
    lines += [",".join([str(number % 2), *map(str, row)]) for number, row in enumerate(values)]
    (tmp_path / "t.csv").write_text("\n".join(lines) + "\n")
    return values


@pytest.mark.parametrize("prefix", ["pixel", "px_"])
def test_counted_pixels_are_a_grey_picture(tmp_path, prefix):
    values = table(tmp_path, [f"{prefix}{place}" for place in range(16)])
    data = open_dataset(tmp_path / "t.csv")
    assert data.input_shape == (1, 4, 4)
    seen = {sample.numpy().astype(int).tobytes() for sample in data.train.inputs}
    assert seen <= {row.reshape(1, 4, 4).tobytes() for row in values}


def test_three_values_a_pixel_stand_side_by_side(tmp_path):
    table(tmp_path, [f"pixel{place}" for place in range(12)])
    assert open_dataset(tmp_path / "t.csv").input_shape == (3, 2, 2)


def test_a_missing_pixel_is_named(tmp_path):
    table(tmp_path, [f"pixel{place}" for place in range(16)])
    text = (tmp_path / "t.csv").read_text().splitlines()
    text[3] = text[3].rsplit(",", 1)[0] + ","
    (tmp_path / "t.csv").write_text("\n".join(text))
    with pytest.raises(DatasetError, match="row 3 lacks a pixel"):
        open_dataset(tmp_path / "t.csv")
