"""Refinement of a real run: the same on any number of workers, and told in the report."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import prototypenas as pn
from prototypenas.command_line.main import app

PARTS = str(Path(__file__).parents[1] / "plugin_files" / "tiny_parts.py")
TABLES = ("candidates.csv", "refinement.csv", "refinement_rungs.csv", "refinement.json", "selected.csv")


def invoke(*arguments: str) -> str:
    result = CliRunner().invoke(app, [*arguments, "--plugin", PARTS])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.slow
def test_two_processes_refine_as_one_does(tmp_path):
    explored = tmp_path / "explored"
    invoke(
        *("explore", "--task", "image", "--input", "1x16x16", "--classes", "4", "--target", "my-board", "--jobs", "1"),
        *("--architectures", "toy", "--objectives", "flops,snip,params", "--trials", "8", "--out", str(explored)),
    )
    found = []
    for jobs in ("1", "2"):
        run = tmp_path / jobs
        shutil.copytree(explored, run)
        said = invoke("refine", str(run), "--dataset", "quarters", "--minutes", "20s", "--jobs", jobs, "--epochs", "40")
        assert "refined" in said and "select" in said
        assert CliRunner().invoke(app, ["select", str(run), "--keep", "2"]).exit_code == 0
        found.append({name: (run / name).read_bytes() for name in TABLES})
    assert found[0] == found[1]
    assert found[0]["refinement.csv"].startswith(b"candidate,rungs,score,error\n")
    estimates = pd.read_csv(run / "refinement.csv", index_col="candidate")
    table = pd.read_csv(run / "candidates.csv", index_col="number")[["estimate", "estimate_error"]].dropna()
    assert table.to_dict("index") == {
        number: {"estimate": one.score, "estimate_error": one.error} for number, one in estimates.iterrows()
    }
    assert pn.open(run).candidates["estimate"].count() == len(estimates)
