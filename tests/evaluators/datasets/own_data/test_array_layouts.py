from pathlib import Path

import numpy as np
import pytest

from evaluators.datasets.own_data.array_layouts import arranged, as_bytes
from evaluators.datasets.reading import Reading
from prototypenas.errors import DatasetError

PATH = Path("x.npz")
RNG = np.random.default_rng(0)


def read(values, **given):
    parts, words = arranged(PATH, {"train": values}, Reading(**given))
    return parts["train"], words


def grey(*shape):
    return RNG.integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize(
    ("values", "layout", "shape"),
    [
        (grey(5, 28, 28), "NHW", (5, 1, 28, 28)),
        (grey(5, 32, 32, 3), "NHWC", (5, 3, 32, 32)),
        (grey(5, 3, 32, 32), "NCHW", (5, 3, 32, 32)),
        (grey(5, 32, 32, 4), "NHWC", (5, 3, 32, 32)),
        (RNG.normal(size=(5, 128, 3)), "NTC", (5, 3, 128)),
        (RNG.normal(size=(5, 3, 128)), "NCT", (5, 3, 128)),
        (RNG.normal(size=(5, 128)), "NT", (5, 1, 128)),
    ],
)
def test_axes_that_can_only_be_one_thing_are_read_so(values, layout, shape):
    found, words = read(values)
    assert found.shape == shape and words.startswith(layout)


@pytest.mark.parametrize(
    ("values", "options"),
    [
        (grey(5, 784), ("28x28", "NT")),
        (RNG.normal(size=(5, 20, 20)), ("NHW", "NCT", "NTC")),
        (grey(5, 3, 32, 3), ("NHWC", "NCHW")),
    ],
)
def test_axes_that_can_be_several_things_are_offered(values, options):
    with pytest.raises(DatasetError, match="can be read in") as refused:
        read(values)
    assert all(f"--layout {option}" in str(refused.value) for option in options)


def test_a_layout_that_is_named_is_followed():
    values = grey(5, 784)
    assert np.array_equal(read(values, layout="28x28")[0][:, 0], values.reshape(5, 28, 28))
    assert read(values, layout="NT")[0].shape == (5, 1, 784)
    with pytest.raises(DatasetError, match="needs 900 a sample"):
        read(values, layout="30x30")


@pytest.mark.parametrize(
    ("values", "bounds"),
    [
        (np.array([0.0, 0.5, 1.0]), (0, 1)),
        (np.array([0.0, 200.0, 255.0]), (0, 255)),
        (np.array([0, 4095]), (0, 4095)),
        (np.array([-1.0, 0.0, 1.0]), (-1, 1)),
        (np.array([False, True]), (0, 1)),
    ],
)
def test_grey_values_of_every_kind_become_bytes(values, bounds):
    found, words = as_bytes(PATH, {"train": values.reshape(1, 1, 1, -1)}, None)
    assert (found["train"].min(), found["train"].max()) == (0, 255)
    assert f"values {bounds[0]}..{bounds[1]} brought to 0..255" in words


def test_all_parts_are_scaled_alike():
    parts = {"train": np.array([0.0, 1.0]).reshape(1, 1, 1, 2), "test": np.array([0.0, 0.5]).reshape(1, 1, 1, 2)}
    assert as_bytes(PATH, parts, None)[0]["test"].ravel().tolist() == [0, 128]


def test_an_unknown_range_is_asked_for():
    values = np.array([-3.0, 7.0]).reshape(1, 1, 1, 2)
    with pytest.raises(DatasetError, match="--value-range -3:7"):
        as_bytes(PATH, {"train": values}, None)
    assert as_bytes(PATH, {"train": values}, (-3.0, 7.0))[0]["train"].ravel().tolist() == [0, 255]
    with pytest.raises(DatasetError, match=r"outside --value-range 0:5"):
        as_bytes(PATH, {"train": values}, (0.0, 5.0))
