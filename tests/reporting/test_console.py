"""The tables as a terminal of each width shows them."""

import io

import pytest
from rich.console import Console

from prototypenas.reporting.console import column_widths, print_table
from prototypenas.reporting.table import Table
from prototypenas.reporting.tables import final_table

WIDTHS = (60, 80, 120)


def printed(table: Table, width: int) -> str:
    drawn = io.StringIO()
    print_table(Console(file=drawn, width=width, markup=False, emoji=False), table)
    return drawn.getvalue()


@pytest.mark.parametrize("width", WIDTHS)
def test_every_cell_of_the_final_table_is_whole(full_report, width):
    table = final_table(full_report.models)
    text = printed(table, width)
    words = text.replace("│", " ").split()
    for row in table.rows:
        assert all(cell in words for cell in row), text
    assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize(("width", "lines"), [(120, True), (80, False)])
def test_the_final_table_stays_a_table_from_80_columns_on(full_report, width, lines):
    table = final_table(full_report.models)
    text = printed(table, width)
    assert ("┃" in text) is lines
    for row in table.rows:
        (line,) = [line for line in text.splitlines() if line.replace("│", " ").split()[:1] == [row[0]]]
        assert line.replace("│", " ").split() == list(row)


def test_a_table_that_fits_nowhere_becomes_a_list_of_each_row():
    table = Table(("Network", "Parameters"), (("proxylessnas-mobile-14", "6,857,568"), ("resnet18", "11,689,512")))
    lines = printed(table, 24).splitlines()
    assert "Network: resnet18" in lines and "Parameters: 11,689,512" in lines


def test_sentences_are_broken_between_words_and_names_are_not():
    table = Table(("Name", "What it is"), (("pymoo-agemoea2", "slow to ask " * 9),), names=2)
    text = printed(table, 60)
    assert "pymoo-agemoea2" in text
    assert " ".join(text.replace("│", " ").split()).count("slow to ask") == 9


def test_columns_get_no_more_than_there_is_and_no_less_than_their_words():
    table = Table(("A", "What is there"), (("12,345", "one two three four five six seven eight nine"),))
    assert column_widths(table, 29) is None
    assert column_widths(table, 30) == [6, 24]
    assert column_widths(table, 40) == [6, 34]
    assert column_widths(table, 400) == [6, 44]


def test_without_colour_there_are_no_codes_of_colour(full_report, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    drawn = io.StringIO()
    print_table(Console(file=drawn, width=80, force_terminal=True), final_table(full_report.models))
    assert not any(f"\x1b[3{colour}" in drawn.getvalue() for colour in range(8))
