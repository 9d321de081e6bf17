from dataclasses import replace

from prototypenas.reporting.delivery_tables import delivery_notes, emulation_table, instruction_table
from prototypenas.reporting.html_report import write_report
from prototypenas.runs.delivery_record import Delivery


def test_instructions_stand_beside_what_they_were_counted_on(full_report):
    model = full_report.models[0]
    row = emulation_table([model]).rows[0]
    assert row[:4] == (str(model.candidate.number), "20", "90.00", "4,500")
    assert row[4] == f"{4500 / model.candidate.cost.macs:.2f}"
    assert emulation_table([replace(model, delivery=None)]).rows == ()
    assert emulation_table([replace(model, delivery=Delivery(0.5))]).rows == ()


def test_every_layer_has_its_operator_and_its_instructions(full_report):
    rows = instruction_table(full_report.models[0]).rows
    graph = full_report.models[0].graph
    assert [row[0] for row in rows] == [operator.name for operator in graph.operators]
    assert [row[3] for row in rows] == ["3,000", "1,000", "300"]
    assert [row[4] == "–" for row in rows] == [False, True, False], "pooling has no MACs"
    assert instruction_table(replace(full_report.models[0], graph=None)).rows == ()


def test_a_note_is_said_once_for_all_models(full_report):
    assert delivery_notes(full_report.models) == ("the ELF was not measured: <none> is installed",)


def test_the_page_tells_of_the_emulated_core_and_of_what_was_not_done(full_report, tmp_path):
    write_report(full_report, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text()
    for wanted in (
        "On the emulated core",
        "layer by layer",
        "the ELF was not measured: &lt;none&gt; is",
        "4,500",
        "7 %",
    ):
        assert wanted in text
