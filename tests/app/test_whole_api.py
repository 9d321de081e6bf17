"""Everything that a notebook does, in the order in which it is written, word by word; only numbers are smaller."""

import numpy as np
import pytest
from torch import nn

import prototypenas as pn

SCRIPT = """
import prototypenas as pn

run = pn.search("digits", target="stm32f746", trials=100)        # a name, a path, (x, y) arrays or a torch Dataset
run.candidates                                                   # pandas DataFrame
few = run.select(keep=(3, 5))                                    # Selection; few.front, few.verdict
models = run.train(epochs=10)                                    # list of TrainedModel
models[0].module(), models[0].predict(x), models[0].deploy("out")  # nn.Module, int8 predictions, a C project
run.report()
pn.open("runs/digits-stm32f746").extend(trials=400)
pn.measure(my_module, input=(3, 96, 96), target="rp2040").ram_bytes
pn.deploy(my_module, calibration=x, target="rp2040", out="c/")   # any network whose operators we know
pn.explore(space, objectives=["flops", "meco_opt", my_proxy], limits={"ram": "256KiB", "latency": "50ms"},
           directory=None)  # in memory
"""
SMALLER = {
    "trials=100": "trials=10",
    "trials=400": "trials=14",
    "epochs=10": "epochs=1",
    "(3, 96, 96)": "(1, 8, 8)",
    "directory=None": "directory=None, trials=4",
}


def my_proxy(evidence):
    return float(sum(gradient.abs().mean() for gradient in evidence.gradients(0).values()))


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_the_script_runs_as_it_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    script = SCRIPT
    for written, smaller in SMALLER.items():
        assert written in script
        script = script.replace(written, smaller)
    names = {
        "x": np.random.default_rng(0).integers(0, 17, (16, 1, 8, 8)).astype(np.uint8),
        "my_module": nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3)),
        "space": pn.Space(input=(1, 8, 8), classes=4),
        "my_proxy": my_proxy,
    }
    exec(script.replace("calibration=x", "calibration=x.astype('float32')"), names)
    assert 3 <= len(names["few"].chosen) <= 5 and names["few"].verdict and names["few"].front
    assert len(names["models"]) == len(names["few"].chosen) and len(names["run"].candidates) == 14
    assert (tmp_path / "out" / "model.c").exists() and (tmp_path / "c" / "model.c").exists()
    assert list((tmp_path / "runs").glob("*/datasets/digits/report.html"))
