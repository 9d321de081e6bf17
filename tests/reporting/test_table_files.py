import csv

import pytest

from prototypenas.errors import ConfigurationError
from prototypenas.reporting.table import Table
from prototypenas.reporting.table_files import write_tables

TABLE = Table(("Trial", "What_it is", "RAM [kB]"), (("3", "a | b, c", "1,234.5"), ("14", "50 % & more", "–")), names=2)


def written(tmp_path, form):
    (file,) = write_tables({"models": TABLE, "empty": Table(("A",), ())}, tmp_path, form)
    return file


def test_csv_holds_plain_numbers_and_is_read_back(tmp_path):
    file = written(tmp_path, "csv")
    assert file == tmp_path / "models.csv"
    with file.open(newline="") as stream:
        assert list(csv.reader(stream)) == [
            list(TABLE.headers),
            ["3", "a | b, c", "1234.5"],
            ["14", "50 % & more", "–"],
        ]


def test_markdown_has_a_row_a_row_and_escapes_bars(tmp_path):
    lines = written(tmp_path, "markdown").read_text().splitlines()
    assert lines[1] == "| --- | --- | ---: |"
    assert lines[2] == "| 3 | a &#124; b, c | 1,234.5 |" and len(lines) == 4


def test_latex_escapes_what_means_something_to_it(tmp_path):
    text = written(tmp_path, "latex").read_text()
    assert r"\begin{tabular}{llr}" in text and r"50 \% \& more" in text and r"What\_it is" in text


def test_an_unknown_form_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="unknown form 'excel'"):
        write_tables({}, tmp_path, "excel")
