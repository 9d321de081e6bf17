"""Pre-training as it is asked for on the command line."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from prototypenas.command_line.main import app

PARTS = str(Path(__file__).parent / "plugin_files" / "tiny_parts.py")


def invoke(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in (*arguments, "--plugin", PARTS)])
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in (*arguments, "--plugin", PARTS)])
    assert result.exit_code == 2, result.output
    return result.stderr


def draw(folder: Path, seed: int) -> Path:
    noise = np.random.default_rng(seed).integers(0, 60, (24, 16, 16), dtype=np.uint8)
    for number, pixels in enumerate(noise):
        place = folder / ("dark", "light")[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels + 120 * (number % 2)).save(place / f"{number}.png")
    return folder


@pytest.mark.slow
def test_one_network_an_architecture_is_trained_once_for_all_models_and_data_sets(tmp_path):
    out, pictures = tmp_path / "run", draw(tmp_path / "pictures", 0)
    size = ("--input", "1x16x16", "--classes", "4", "--architectures", "toy", "--objectives", "flops,snip")
    invoke("explore", *size, "--trials", "8", "--jobs", "1", "--out", out)
    CliRunner().invoke(app, ["select", str(out), "--keep", "2"])
    learn = ("evaluate", out, "--epochs", "1", "--jobs", "1", "--pretrain", pictures, "--pretrain-epochs", "2")
    assert "24 pictures of 2 classes" in invoke(*learn, "--dataset", "quarters")

    (shared,) = (out / "pretrained").iterdir()
    assert shared.name.startswith("toy-") and len((shared / "history.csv").read_text().splitlines()) == 3
    starts = [json.loads(file.read_text()) for file in out.glob("datasets/*/models/*/start.json")]
    assert len(starts) == 2
    assert all(start["pretrained"] == shared.name and start["tensors_taken"] > 20 for start in starts)
    assert all(start["tensors"] - start["tensors_taken"] == 2 for start in starts), "the classifier is drawn anew"

    written = (shared / "last.pt").stat().st_mtime_ns
    invoke(*learn, "--dataset", "other-quarters")
    assert [(folder.name, (folder / "last.pt").stat().st_mtime_ns) for folder in shared.parent.iterdir()] == [
        (shared.name, written)
    ]

    recorded = json.loads((out / "run.json").read_text())["datasets"]["quarters"]
    assert (recorded["pretrain"], recorded["pretrain_epochs"]) == (str(pictures), 2)
    invoke("report", out)
    page = (out / "datasets" / "quarters" / "report.html").read_text()
    assert f"tensors from pretrained/{shared.name}" in page and "evaluation: pretrain_digest" in page

    draw(pictures, 1)
    assert "pretrain_digest was" in refused(*learn, "--dataset", "quarters")
    assert "pretrain_epochs was 2, now 3" in refused(*learn, "--pretrain-epochs", "3", "--dataset", "quarters")
    assert "pretrain was" in refused("evaluate", out, "--epochs", "1", "--dataset", "quarters")
