import csv
from dataclasses import replace

import pytest

from experiments.paper_tables import NOT_RUN, Recorded, accuracy_table, correlation_table, write_tables
from experiments.paper_values import TABLE_2, TABLE_3, TABLE_4, TABLE_4_COLUMNS
from prototypenas.types import Configuration, Cost, Evaluation, Footprint, GroupConfiguration, Scored


def candidate(number: int) -> Scored:
    footprint = Footprint(1000 * number, 500, 500, 2000, 100, 100, 100, 700)
    configuration = Configuration("mbednet", 1.0, (GroupConfiguration(),) * 4)
    scores = {"meco": float(number), "naswot": -float(number), "snip": 1.0, "zico": [0.0, 2.0, 1.0, 4.0, 3.0][number]}
    return Scored(number, configuration, Cost(10**6 * (number + 1), 10, footprint), "d", scores)


@pytest.fixture
def runs() -> dict[str, Recorded]:
    """Accuracy rises with FLOPs."""
    evaluations = tuple(Evaluation("accuracy", 0.9, 0.9, 0.5 + 0.1 * number, 100, 1.0) for number in range(5))
    return {"cifar10": Recorded(tuple(map(candidate, range(5))), evaluations)}


def test_paper_and_ours_stand_side_by_side(runs):
    rows = {row[0]: row[1:] for row in accuracy_table(TABLE_2, runs)}
    paper, ours = rows["cifar10 [%]"][:5], rows["cifar10 [%]"][5:]
    assert paper == ["91.8", "92.5", "90.3", "90.0", "**93.7**"] and ours == [
        "50.0",
        "60.0",
        "70.0",
        "80.0",
        "**90.0**",
    ]
    assert rows["Latency [ms]"] == [*["lost"] * 4, "753.0", *["unknown"] * 5]
    assert rows["Energy [mJ]"][4:6] == ["254.5", "unknown"]
    assert rows["birds [%]"][5:] == [NOT_RUN] * 5
    assert rows["Compute [MFLOPs]"][5:] == ["2.0", "4.0", "6.0", "8.0", "10.0"]
    assert rows["RAM [kB]"][6] == "2.0"
    assert rows["ROM [kB]"][5] == "3.0"


def test_correlations_have_their_sign_and_their_interval(runs):
    rows = {row[0]: dict(zip(TABLE_4_COLUMNS, row[6:], strict=True)) for row in correlation_table(runs)}
    ours = rows["cifar10"]
    assert ours["meco"].startswith("1.0 [") and ours["flops"].startswith("1.0 [")
    assert ours["naswot"].startswith("-1.0 [")
    assert ours["zico"].startswith("0.6 [")
    assert ours["snip"] == "undefined"
    assert set(rows["daliac"].values()) == {NOT_RUN}


def test_a_run_with_the_default_proxies_shows_its_meco(runs):
    scored = [replace(one, scores={"meco_opt": one.scores["meco"]}) for one in runs["cifar10"].candidates]
    rows = correlation_table({"cifar10": replace(runs["cifar10"], candidates=tuple(scored))})
    ours = dict(zip(TABLE_4_COLUMNS, rows[1][6:], strict=True))
    assert ours["meco"].startswith("1.0 [") and ours["zico"] == "undefined"


def test_all_three_forms_hold_the_same_cells(runs, tmp_path):
    write_tables(runs, tmp_path)
    for number in (2, 3, 4):
        with (tmp_path / f"table_{number}.csv").open(newline="") as stream:
            cells = list(csv.reader(stream))
        assert len({len(row) for row in cells}) == 1
        markdown = (tmp_path / f"table_{number}.md").read_text().splitlines()
        assert [cell.strip(" *") for cell in markdown[2].strip("|").split("|")] == cells[1]
        latex = (tmp_path / f"table_{number}.tex").read_text()
        assert latex.count(r"\\") == len(cells) and "**" not in latex
        assert (r"\textbf{93.7}" in latex) == (number == 2)


def test_the_papers_numbers_are_complete():
    for table in (TABLE_2, TABLE_3):
        columns = (table.trials, table.architectures, table.mflops, table.rom_kb, table.ram_kb)
        assert {len(values) for values in (*columns, *table.accuracy.values())} == {5}
        assert list(table.mflops) == sorted(table.mflops)
    assert set(TABLE_4) == {*TABLE_2.accuracy, *TABLE_3.accuracy}
