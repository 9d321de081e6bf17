"""The whole way on data of one's own, which no catalogue names."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from prototypenas.command_line.main import app

PARTS = str(Path(__file__).parent / "plugin_files" / "tiny_parts.py")


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def squares(tmp_path_factory) -> Path:
    """Forty grey 16x16 images, half of them with a bright square."""
    images = np.random.default_rng(0).integers(0, 90, (40, 16, 16), dtype=np.uint8)
    images[::2, 4:10, 4:10] += 150
    path = tmp_path_factory.mktemp("data") / "squares.npz"
    np.savez(path, x=images, y=np.array(["square", "plain"] * 20))
    return path


@pytest.fixture(scope="module")
def finished(squares, tmp_path_factory) -> tuple[Path, str]:
    out = tmp_path_factory.mktemp("runs") / "own"
    search = ("--plugin", PARTS, "--architectures", "toy", "--objectives", "flops,snip", "--trials", "4")
    result = invoke("run", "--data", squares, *search, "--keep", "1", "--epochs", "1", "--jobs", "1", "--out", out)
    assert result.exit_code == 0, result.output
    return out, result.stdout


def test_classes_sizes_and_split_are_printed_and_reported(finished):
    out, printed = finished
    assert "squares: 2 classes, 1x16x16; split: 80/20 within each class" in printed
    assert all(word in printed for word in ("plain", "square", "all", "32", "8"))
    page = (out / "datasets" / "squares" / "report.html").read_text()
    assert "squares: 2 classes, the network sees 1x16x16" in page
    assert (out / "datasets" / "squares" / "figures" / "data.svg").exists()


def test_the_path_is_recorded_and_deployed_from(finished, squares):
    out, _ = finished
    recorded = json.loads((out / "run.json").read_text())["datasets"]["squares"]
    assert recorded["own_data"] == str(squares)
    again = invoke("deploy", out, "--plugin", PARTS)
    assert again.exit_code == 0, again.output


def test_other_data_than_those_trained_on_are_not_deployed(finished, tmp_path, squares):
    out = tmp_path / "run"
    shutil.copytree(finished[0], out)
    record = json.loads((out / "run.json").read_text())
    with np.load(squares) as kept:
        images, labels = kept["x"].copy(), kept["y"]
    images[0, 0, 0] ^= 1
    np.savez(tmp_path / "squares.npz", x=images, y=labels)
    record["datasets"]["squares"]["own_data"] = str(tmp_path / "squares.npz")
    (out / "run.json").write_text(json.dumps(record))
    result = invoke("deploy", out, "--plugin", PARTS)
    assert result.exit_code == 2
    assert "was trained on other data" in result.stderr


def test_neither_or_both_of_name_and_path_are_refused(finished, squares):
    for arguments in (("run",), ("run", "digits", "--data", squares), ("evaluate", finished[0], "--plugin", PARTS)):
        result = invoke(*arguments)
        assert result.exit_code == 2
        assert "--data" in result.stderr


def test_a_decision_between_two_readings_is_recorded_and_kept(tmp_path):
    rows = np.random.default_rng(0).integers(0, 256, (40, 256), dtype=np.uint8)
    np.savez(tmp_path / "rows.npz", x=rows, y=np.arange(40) % 2)
    out = tmp_path / "run"
    search = ("--plugin", PARTS, "--architectures", "toy", "--objectives", "flops,snip", "--trials", "4")
    command = ("run", "--data", tmp_path / "rows.npz", *search, "--keep", "1", "--epochs", "1", "--jobs", "1")
    asked = invoke(*command, "--out", out)
    assert asked.exit_code == 2 and not out.exists()
    assert "--layout 16x16" in asked.stderr and "--layout NT" in asked.stderr
    done = invoke(*command, "--out", out, "--layout", "16x16")
    assert done.exit_code == 0, done.output
    assert "read as: arrays of numpy; 16x16: pictures of 16x16" in done.stdout
    assert "Read as: arrays of numpy; 16x16" in next(out.glob("datasets/*/report.html")).read_text()
    (recorded,) = json.loads((out / "run.json").read_text())["datasets"].values()
    assert recorded["layout"] == "16x16"
    again = invoke("deploy", out, "--plugin", PARTS)
    assert again.exit_code == 0, again.output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("digits", "--layout", "NHW"), "--layout says how files of your own are read"),
        (("--data", "own.npz", "--value-range", "1:0"), "value range is '1:0'"),
        (("--data", "own.npz", "--value-range", "black"), "value range is 'black'"),
    ],
)
def test_decisions_that_make_no_sense_are_refused(options, message):
    result = invoke("run", *options)
    assert result.exit_code == 2 and message in result.stderr
