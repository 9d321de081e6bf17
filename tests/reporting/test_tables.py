from dataclasses import replace

import pytest

from prototypenas.reporting import delivery_tables, tables
from prototypenas.reporting.report_data import ModelResult


def test_final_table_has_the_papers_columns_in_order_of_flops(full_report):
    table = tables.final_table(full_report.models)
    assert table.headers[:6] == ("Trial", "Architecture", "MFLOPs", "MMACs", "RAM [kB]", "ROM [kB]")
    flops = [float(row[2]) for row in table.rows]
    assert flops == sorted(flops)
    assert [float(row[3]) for row in table.rows] == pytest.approx([value / 2 for value in flops], abs=0.06)
    assert table.rows[0][6:] == ("95.10", "94.87", "94.87", "4.2")
    # 90,000 + 2,000 + 1,024 bytes of RAM, 300,000 + 30 + 50 + 400 + 9,000 bytes of ROM
    assert table.rows[0][4:6] == ("93.0", "309.5")


def test_what_is_not_known_yet_is_a_dash(full_report):
    row = tables.final_table([ModelResult(full_report.selection.chosen[0])]).rows[0]
    assert row[6:] == (tables.ABSENT,) * 4


def test_rejections_count_every_candidate_once(full_report):
    table = tables.rejection_table(full_report.candidates)
    assert sum(int(row[2]) for row in table.rows) == len(full_report.candidates)
    assert table.rows[1] == ("ram+rom", "more RAM than the budget; more ROM than the budget", "8", "20 %")


def test_choice_names_the_leaders(full_report):
    table = tables.choice_table(full_report.selection)
    assert "MFLOPs" in table.rows[0][2]
    assert [row[0] for row in table.rows] == [str(one.number) for one in full_report.selection.chosen]


def test_scale_is_in_the_objectives_own_units(full_report):
    table = tables.scale_table(full_report.selection)
    flops = [one.cost.flops / 1e6 for one in full_report.selection.front]
    best, worst, reference = (float(cell) for cell in table.rows[0][2:])
    assert (best, worst) == pytest.approx((min(flops), max(flops)), rel=1e-4)
    assert reference == pytest.approx(best + 1.1 * (worst - best), rel=1e-4)
    meco = [one.scores["meco"] for one in full_report.selection.front]
    assert float(table.rows[1][2]) == pytest.approx(max(meco), rel=1e-4)


def test_footprint_parts_sum_to_ram_and_rom(full_report):
    for row in tables.footprint_table(full_report.selection.chosen).rows:
        values = [int(cell.replace(",", "")) for cell in row[1:]]
        assert sum(values[:3]) + values[8] == values[10] and sum(values[3:8]) + values[9] == values[11]


def test_counts_come_from_the_candidates(full_report):
    rows = dict(tables.statistics_rows(full_report))
    assert rows["Candidates explored"] == "40"
    assert rows["Fit the target and scored"] == "32 (80 %)"
    assert rows["Wall time"] == "3 min"
    nothing = replace(full_report, candidates=())
    assert dict(tables.statistics_rows(nothing))["Candidates explored"] == "0"


def test_every_row_has_a_cell_for_every_header(full_report):
    chosen = full_report.selection.chosen
    for table in (
        tables.final_table(full_report.models),
        tables.rejection_table(full_report.candidates),
        tables.choice_table(full_report.selection),
        tables.scale_table(full_report.selection),
        tables.configuration_table(chosen),
        tables.footprint_table(chosen),
        delivery_tables.sizes_table(full_report.models),
    ):
        assert table.rows and all(len(row) == len(table.headers) for row in table.rows)
