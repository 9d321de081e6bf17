"""Delimiter, decimal sign and header are seen from the text; gaps are no text, and names no gaps."""

import numpy as np
import pandas as pd
import pytest

from evaluators.datasets.own_data.table_files import as_names, as_numbers, is_numeric, load_table
from prototypenas.errors import DatasetError


def loaded(tmp_path, text, **how):
    (tmp_path / "t.csv").write_text(text)
    return load_table(tmp_path / "t.csv", **how)


@pytest.mark.parametrize(
    ("text", "header", "values"),
    [
        ("a,b\n1,2\n3,4\n", True, [[1, 2], [3, 4]]),
        ("1,2\n3,4\n", False, [[1, 2], [3, 4]]),
        ("a;b\n1,5;2\n3,25;4\n", True, [[1.5, 2], [3.25, 4]]),
        ("a\tb\n1\t2\n", True, [[1, 2]]),
        ("1.5 2.5\n3.5 4.5\n", False, [[1.5, 2.5], [3.5, 4.5]]),
        ("1|2\n3|4\n", False, [[1, 2], [3, 4]]),
        ("a,b;\n1,2;\n3,4;\n", True, [[1, 2], [3, 4]]),
    ],
)
def test_the_form_is_seen_from_the_text(text, header, values, tmp_path):
    table = loaded(tmp_path, text)
    assert table.header == header
    assert np.stack([as_numbers(table.cells[name], name) for name in table.cells], axis=1).tolist() == values


def test_text_stays_text_where_asked_and_a_class_may_be_called_none(tmp_path):
    assert list(loaded(tmp_path, "id,v\n007,1\n", as_text=True).cells["id"]) == ["007"]
    assert list(loaded(tmp_path, "label,v\nnone,1\nNA,2\n").cells["label"]) == ["none", "NA"]


@pytest.mark.parametrize(
    ("text", "said"), [("a,b\n", "no row below its header"), ("a,a\n1,2\n", "two columns named 'a'")]
)
def test_a_table_that_cannot_be_learnt_from_is_refused(text, said, tmp_path):
    # pandas renames a doubled column of a CSV; Parquet keeps it.
    if "a,a" in text:
        cells = pd.DataFrame([[1, 2]], columns=["a", "b"])
        cells.to_parquet(tmp_path / "t.parquet")
        assert load_table(tmp_path / "t.parquet").header
        return
    with pytest.raises(DatasetError, match=said):
        loaded(tmp_path, text)


def test_words_among_numbers_are_named_with_their_row_and_gaps_are_not():
    column = pd.Series(["1", "NaN", "?", "2.5"])
    assert np.isnan(as_numbers(column, "t")).tolist() == [False, True, True, False] and is_numeric(column)
    with pytest.raises(DatasetError, match="t, row 2: 'two' is no number"):
        as_numbers(pd.Series(["1", "two"]), "t")
    assert not is_numeric(pd.Series(["1", "two"]))


def test_names_are_whole_numbers_without_a_fraction_and_never_empty():
    assert as_names(pd.Series([1.0, 2.0]), "t") == ["1", "2"] and as_names(pd.Series([1.5, 2.0]), "t") == ["1.5", "2.0"]
    with pytest.raises(DatasetError, match="t, row 2 is empty"):
        as_names(pd.Series(["a", None]), "t")
