import numpy as np
import pytest

from evaluators.datasets.own_data.labels import in_order, label_names, refuse_too_many
from prototypenas.errors import DatasetError


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (np.array(["b", "a"]), ["b", "a"]),
        (np.array([b"up", b"down"]), ["up", "down"]),
        (np.array([3, 1]), ["3", "1"]),
        (np.array([[3], [1]]), ["3", "1"]),
        (np.array([2.0, 0.0]), ["2", "0"]),
        (np.array([[0, 1, 0], [1, 0, 0]]), ["1", "0"]),
        (np.array([[0.0, 1.0], [0.0, 1.0]]), ["1", "1"]),
    ],
)
def test_labels_of_every_form_become_names(labels, names):
    assert label_names(labels, "y") == names


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (np.array(3), "y is one value, 3"),
        (np.array([[1, 1], [0, 1]]), "several classes, or none"),
        (np.array([[0.2, 0.8]]), "not one-hot"),
        (np.zeros((2, 2, 2)), "has shape"),
        (np.array([0.0, np.nan]), "label 2 is nan"),
        (np.array([0.0, 1.5]), "label 2 is 1.5, a measured value"),
        (np.array(["a", ""]), "label 2 is empty"),
        (np.array([1j]), "are of kind complex128"),
    ],
)
def test_what_is_no_label_is_named(labels, said):
    with pytest.raises(DatasetError, match=said):
        label_names(labels, "y")


def test_numbers_come_first_and_by_value():
    assert in_order(["10", "b", "9", "a", "9", "-1.5"]) == ("-1.5", "9", "10", "a", "b")


def test_names_of_samples_are_no_classes():
    refuse_too_many([str(n % 5) for n in range(10)], "y")
    refuse_too_many([str(n) for n in range(9)], "y")
    with pytest.raises(DatasetError, match=r"6 different labels for 10 samples \(0, 1, 2, \.\.\.\)"):
        refuse_too_many([str(n % 6) for n in range(10)], "y")
