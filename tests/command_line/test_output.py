"""What scripts read: JSON on stdout and nothing else; nothing at all; every step on stderr."""

import json

import pytest

from tests.command_line.program import PLUGIN, SEARCH, done, invoke, refused


@pytest.fixture(scope="module")
def explored(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "run"
    return out, invoke("explore", "--input", "1x16x16", "--classes", "4", "--out", out, *PLUGIN, *SEARCH, "--jobs", "1",
                       "--json", "-v")  # fmt: skip


def test_a_result_is_json_and_steps_are_on_stderr(explored):
    out, result = explored
    found = json.loads(result.stdout)
    assert found["run"] == str(out) and found["statistics"]["explored"] == 8
    assert "INFO explore 8 candidates by flops, snip, mean_gradient for my-board" in result.stderr
    assert "explore 8 candidates" in (out / "run.log").read_text()


def test_selection_and_listings_are_json(explored):
    chosen = json.loads(done("select", explored[0], "--keep", "2", "--json"))["selection"]
    assert chosen["keep"] == 2 and len(chosen["chosen"]) <= 2
    rows = json.loads(done("list", "objectives", "--json"))["rows"]
    assert {"Objective": "latency", "From": "cost", "Sense": "minimised", "Unit": "ms of latency"} in rows
    measured = json.loads(done("measure", "mcunet-in0", "--target", "imxrt1062", "--json"))
    assert measured["fits"] is True and measured["ram_bytes"] > 0 and measured["latency_ms"] > 0


def test_a_memory_plan_is_drawn_into_a_file(tmp_path):
    for name, begins in (("plan.svg", b"<svg"), ("plan.png", b"\x89PNG")):
        done("measure", "mcunet-in0", "--execution", "rows", "--plan-figure", str(tmp_path / name))
        assert (tmp_path / name).read_bytes().startswith(begins)
    assert "run row by row" in (tmp_path / "plan.svg").read_text()


def test_quiet_prints_nothing_but_errors(explored):
    assert done("select", explored[0], "--keep", "2", "-q") == ""
    assert "unknown selection space" in refused("select", explored[0], "--select-in", "nowhere", "-q")
    assert "Trial" in done("select", explored[0], "--keep", "2"), "the next command prints again"
