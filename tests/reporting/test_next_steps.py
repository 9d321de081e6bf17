from dataclasses import replace
from pathlib import Path

import pytest

from prototypenas.costing.targets import load_targets
from prototypenas.reporting.next_steps import next_steps, verdict
from prototypenas.runs.run_directory import RunDirectory


@pytest.fixture
def seen(tmp_path):
    return RunDirectory(tmp_path / "a run").dataset("digits")


def test_a_delivered_model_is_built_flashed_and_explained(full_report, seen):
    steps = dict(next_steps(full_report.models, seen, load_targets([])["stm32f746"]))
    number = int(verdict(full_report.models).split()[2])
    assert Path(steps["its C"]) == seen.model(number) / "c"
    assert steps["build and flash"] == f"make -C '{seen.model(number) / 'c'}' flash"
    assert steps["report"] == f"prototypenas report '{seen.run.path}'"
    seen.path.mkdir(parents=True)
    seen.report_html.write_text("")
    assert dict(next_steps(full_report.models, seen, load_targets([])["stm32f746"]))["report"] == str(seen.report_html)


def test_a_board_that_needs_a_boot_block_is_not_said_to_be_flashed(full_report, seen):
    steps = dict(next_steps(full_report.models, seen, load_targets([])["rp2040"]))
    assert "build and flash" not in steps
    assert "README.md" in steps["your firmware"]


def test_what_is_not_done_yet_comes_next(full_report, bare_report, seen):
    target = load_targets([])["stm32f746"]
    trained = [replace(model, delivery=None) for model in full_report.models]
    assert dict(next_steps(trained, seen, target))["write the C"].startswith("prototypenas deploy")
    assert dict(next_steps(bare_report.models, seen, target))["train"].endswith("--dataset digits")
    assert verdict(bare_report.models) == ""
