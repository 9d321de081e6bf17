"""What a trained model says of samples in every form they may come in."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

import prototypenas as pn
from prototypenas.command_line.main import app
from prototypenas.errors import ConfigurationError

PARTS = str(Path(__file__).parents[1] / "plugin_files" / "tiny_parts.py")


def invoke(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("predicting") / "quarters"
    way = (
        "run",
        "quarters",
        "--plugin",
        PARTS,
        "--architectures",
        "toy",
        "--objectives",
        "flops,snip",
        "--target",
        "my-board",
    )
    result = invoke(*way, "--trials", 6, "--keep", 2, "--epochs", 2, "--refine", "no", "--jobs", 1, "--out", out)
    assert result.exit_code == 0, result.output
    return out


def test_the_test_set_is_predicted_as_it_was_scored(trained):
    run = pn.open(trained)
    best = run.recommended
    table = run.predict()
    assert float((table["class"] == table["predicted"]).mean()) == pytest.approx(best.evaluation.int8_score)
    outputs = table[[f"output {name}" for name in best.classes]].to_numpy()
    assert [best.classes[place] for place in outputs.argmax(axis=1)] == list(table["predicted"])


def test_the_command_writes_the_same_as_csv(trained, tmp_path):
    number = json.loads((trained / "selection.json").read_text())["chosen"][-1]
    result = invoke("predict", trained, "--model", number, "--out", tmp_path / "p.csv")
    assert result.exit_code == 0, result.output
    assert "20 rows" in result.stderr and "% predicted as labelled" in result.stderr
    with (tmp_path / "p.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["predicted"] for row in rows] == list(pn.open(trained).predict(model=number)["predicted"])
    printed = invoke("predict", trained, "--model", number)
    assert printed.stdout == (tmp_path / "p.csv").read_text()


def test_arrays_and_pictures_need_no_labels(trained, tmp_path):
    run = pn.open(trained)
    samples = run.recommended.training.evaluator.task.data.test.inputs.numpy()
    np.save(tmp_path / "samples.npy", samples)
    wanted = list(run.predict()["predicted"])
    assert list(run.predict(tmp_path / "samples.npy")["predicted"]) == wanted
    folder = tmp_path / "pictures"
    folder.mkdir()
    for place, sample in enumerate(samples):
        Image.fromarray(sample[0]).save(folder / f"{place:03}.png")
    table = run.predict(folder)
    assert list(table["predicted"]) == wanted and "class" not in table
    assert table["sample"].iloc[3] == "003.png"
    assert list(run.predict(folder / "003.png")["predicted"]) == wanted[3:4]


def test_what_does_not_fit_the_model_is_refused(trained, tmp_path):
    np.save(tmp_path / "series.npy", np.zeros((3, 2, 50), np.float32))
    with pytest.raises(ConfigurationError, match=r"are 2x50; this model takes 1x16x16"):
        pn.open(trained).predict(tmp_path / "series.npy")
    with pytest.raises(ConfigurationError, match="unknown trained model '99999'"):
        pn.open(trained).predict(model=99999)
    refused = invoke("predict", trained, "--data", tmp_path / "nowhere")
    assert refused.exit_code == 2 and "there is no" in refused.stderr


def test_two_runs_are_compared_and_tables_exported(trained, tmp_path):
    compared = pn.compare(trained, trained)
    assert compared.settings.rows == ()
    assert len(compared.models.rows) == 2 * len(pn.open(trained).models)
    result = invoke("compare", trained, trained)
    assert result.exit_code == 0 and "hypervolume" in result.stdout
    result = invoke("export", trained, "--out", tmp_path / "tables", "--format", "markdown")
    assert result.exit_code == 0, result.output
    assert {"models.md", "sizes.md", "choice.md"} <= {file.name for file in (tmp_path / "tables").iterdir()}
    assert "unknown form" in invoke("export", trained, "--out", tmp_path, "--format", "excel").stderr
