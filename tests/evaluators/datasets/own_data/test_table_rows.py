"""How the rows of a table become series."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evaluators.datasets.own_data.columns import Columns
from evaluators.datasets.own_data.table_files import Table
from evaluators.datasets.own_data.table_rows import LabelledTable, series_by_name, series_by_row, series_by_stretch
from prototypenas.errors import DatasetError


def labelled(cells: dict, *, parts=None, groups=None, series=None, values=("x",), header=True) -> LabelledTable:
    frame = pd.DataFrame(cells)
    columns = Columns(label="y", values=tuple(values), series=series, group=None, split=None, time=None)
    return LabelledTable(Path("t.csv"), Table(frame, header), columns, list(frame["y"]), parts, groups)


def test_a_row_is_a_series_and_columns_counted_by_channel_are_its_channels():
    found = series_by_row(
        labelled(
            {"a_1": [1, 5], "a_2": [2, 6], "b_1": [3, 7], "b_2": [4, 8], "y": ["u", "v"]},
            values=("a_1", "a_2", "b_1", "b_2"),
        )
    )
    assert [one.tolist() for one in found.signals] == [[[1, 3], [2, 4]], [[5, 7], [6, 8]]]
    assert found.labels == ("u", "v")


def test_rows_of_one_name_are_one_series_in_their_order_wherever_they_stand():
    table = labelled({"s": ["a", "b", "a", "b"], "x": [1, 10, 2, 20], "y": ["u", "v", "u", "v"]}, series="s")
    found = series_by_name(table)
    assert [one.ravel().tolist() for one in found.signals] == [[1, 2], [10, 20]] and found.labels == ("u", "v")


def test_one_name_in_two_parts_is_two_series_and_two_labels_are_an_error():
    cells = {"s": ["a", "a"], "x": [1, 2], "y": ["u", "u"]}
    assert len(series_by_name(labelled(cells, series="s", parts=["train", "test"])).signals) == 2
    with pytest.raises(DatasetError, match="series a has more than one label"):
        series_by_name(labelled({**cells, "y": ["u", "v"]}, series="s"))


def test_stretches_end_with_the_label_and_long_ones_are_parted_only_where_nothing_else_parts_them():
    cells = {"x": np.arange(10 * 128), "y": ["u"] * (5 * 128) + ["v"] * (5 * 128)}
    whole = series_by_stretch(labelled(cells))
    assert [len(one) for one in whole.signals] == [128] * 10 and whole.window == 128
    grouped = series_by_stretch(labelled(cells, groups=["g"] * (10 * 128)))
    assert [len(one) for one in grouped.signals] == [640, 640]


def test_stretches_shorter_than_the_window_are_left_out_and_counted():
    found = series_by_stretch(labelled({"x": np.arange(140), "y": ["u"] * 130 + ["v"] * 10}))
    assert [len(one) for one in found.signals] == [130]
    assert "1 of 2 stretches are shorter than 128 steps and were left out" in found.notes


def test_a_part_that_is_none_is_refused():
    frame = pd.DataFrame({"x": [1, 2], "y": ["u", "v"], "part": ["train", "later"]})
    columns = Columns(label="y", values=("x",), series=None, group=None, split="part", time=None)
    with pytest.raises(DatasetError, match="split 'later'; train, val or test is needed"):
        LabelledTable.of(Path("t.csv"), Table(frame, True), columns, None)
