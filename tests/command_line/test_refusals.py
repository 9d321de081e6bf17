"""Bad input ends with one line, at once, and leaves nothing behind."""

import re

import pytest

from prototypenas.app.composition import compose_machine
from prototypenas.app.settings import DeviceSettings
from prototypenas.errors import ConfigurationError
from prototypenas.workers.dask_workers import DaskWorkers
from tests.command_line.program import EXPLORE, PLUGIN, WHOLE_WAY, invoke, refused


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (("run", "quarter"), ("unknown data set 'quarter'", "quarters")),
        (("run", "quarters", "--target", "my-bord"), ("unknown target 'my-bord'", "my-board")),
        (("run", "quarters", "--objectives", "flops,snip,zic"), ("unknown objective 'zic'", "zico")),
        (("run", "quarters", "--architectures", "mbedne"), ("unknown architecture", "mbednet")),
        (
            ("run", "quarters", "--architectures", "mbednet_detection"),
            ("mbednet_detection is", "detection, not for image"),
        ),
        ((*EXPLORE, "--task", "imgae", "--architectures", "toy"), ("unknown task 'imgae'", "image")),
        (("run", "quarters", "--sampler", "nsga7"), ("unknown sampler", "nsga2")),
        (("run", "quarters", "--select-in", "nowhere"), ("unknown selection space", "known: ")),
        (("run", "quarters", "--probe", "real"), ("unknown probe", "gaussian")),
        (("run", "quarters", "--quantize", "qta"), ("unknown quantization", "qat")),
        (("run", "quarters", "--pretrain", "nowhere/at/all"), ("nowhere/at/all is no folder", "one subfolder a class")),
        (("run", "quarters", "--pretrain-epochs", "3"), ("--pretrain-epochs needs --pretrain",)),
        (("run", "quarters", "--keep", "0"), ("keep is '0'", "at least 1")),
        (("run", "quarters", "--refine", "0m"), ("'0m' is no time of refinement", "above 0")),
        (("run", "quarters", "--refine", "long"), ("'long' is no time of refinement", "90s")),
        (("run", "quarters", "--keep", "5-3"), ("keep is '5-3'",)),
        (("run", "quarters", "--device", "tpu"), ("device 'tpu'", "cuda")),
        (("run", "quarters", "--device", "cuda:99"), ("cuda:99 is not there",)),
        (("run", "quarters", "--limit", "ram=much"), ("RAM is 'much'", "KiB")),
        (("run", "quarters", "--limit", "ram=0"), ("the RAM limit is 0",)),
        (("run", "quarters", "--limit", "latncy=5ms"), ("unknown limit 'latncy'", "latency")),
        (("run", "quarters", "--limit", "latency"), ("limit 'latency' has no amount", "latency=50ms")),
        (("run", "quarters", "--limit", "latency=5kg"), ("latency is '5kg'", "us, ms, s")),
        (("run", "quarters", "--target", "rp2040", "--limit", "latency=5ms"), ("no latency model", "cortex-m7")),
        (("run", "quarters", "--target", "rp2040", "--objectives", "energy,snip"), ("no latency model", "objective")),
        (("run", "quarters", "--input", "16x16x"), ("CxHxW",)),
        (("run", "quarters", "--input", "3x16x16"), ("3x16x16", "1x16x16")),
        (("run", "cifar10"), ("--data-dir", "https://", "--download")),
        (("run", "cifar10", "--data-dir", "nowhere/at/all"), ("nowhere/at/all does not exist", "https://")),
        (("list", "proxys"), ("unknown listing", "proxies")),
        (("show", "mbedne"), ("unknown architecture", "mbednet")),
        (("show", "toy"), ("no reference configuration",)),
        (("show", "mbednet", "--classes", "1"), ("mbednet tells classes apart", "at least 2, not 1")),
        (("measure", "mcunet-in0", "--classes", "1"), ("mcunet-in0 tells classes apart",)),
        (("measure", "mcunet-in9"), ("unknown network", "mcunet-in")),
        (("measure", "mcunet-in0", "--plan-figure", "plan.gif"), ("plan.gif", ".svg or .png")),
        (("measure", "mcunet-in0", "--plan-figure", "nowhere/plan.svg"), ("no folder nowhere",)),
        (("measure", "mbednet", "--configuration", "depth=3"), ("'depth' is no part",)),
        (("run", "quarters", "--target", "[/]"), ("unknown target '[/]'", "my-board")),
        (("run", "quarters", "--objectives", "[/red]"), ("unknown objective '[/red]'", "zico")),
        (("select", "runs/[v2]"), ("runs/[v2] is not a run directory",)),
        (("select", "nowhere/at/all"), ("not a run directory", "prototypenas explore")),
    ],
)
def test_bad_input_ends_with_one_line(arguments, parts, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plugin = () if arguments[0] == "select" else PLUGIN
    line = refused(*arguments, *plugin)
    assert all(part in line for part in parts), line
    assert not list(tmp_path.rglob("*.*")), "nothing was begun"


def test_a_target_that_nothing_fits_tells_the_smallest_and_the_limit(tmp_path):
    search = ("--architectures", "toy", "--objectives", "flops,snip", "--trials", "4", "--jobs", "1")
    line = refused("run", "quarters", *PLUGIN, *search, "--target", "thimble", "--out", tmp_path)
    assert re.search(r"[\d,]+ bytes of RAM, at most 100; the least of each .*: [\d,]+ bytes of RAM, .* ROM", line), line


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--out", "file/run"), "cannot write to file/run: Not a directory"),
        (("--objectives", "flops,zic"), "unknown objective 'zic'"),
    ],
)
def test_what_needs_no_data_is_refused_before_any_is_read(options, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    assert said in refused("run", "cifar10", "--data-dir", "nowhere/at/all", *options)
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_a_plugin_that_raises_is_named_with_its_line(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("PROXIES = {}\n\nwidth = 1 / 0\n")
    assert "mine.py, line 3: ZeroDivisionError: division by zero" in refused("list", "proxies", "--plugin", file)
    assert "cannot be read" in refused("list", "proxies", "--plugin", tmp_path / "none.py")


def test_a_place_that_cannot_be_written_is_refused_before_any_work(tmp_path):
    (tmp_path / "file").write_text("")
    line = refused(*WHOLE_WAY, "--out", tmp_path / "file" / "run")
    assert "cannot write to" in line and "--out" in line


def test_a_gpu_is_looked_for_where_the_work_is_done(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    machine = compose_machine(DeviceSettings(device="cuda", scheduler="tcp://cluster:8786"))
    assert machine.executor == DaskWorkers("tcp://cluster:8786", gpus=1)
    assert machine.trainings == DaskWorkers("tcp://cluster:8786", gpus=1)
    with pytest.raises(ConfigurationError, match="cuda is not there"):
        compose_machine(DeviceSettings(device="cuda"))
    with pytest.raises(ConfigurationError, match="device 'tpu'"):
        compose_machine(DeviceSettings(device="tpu", scheduler="tcp://cluster:8786"))


@pytest.mark.parametrize("number", [25 * "9", 400 * "9", "1e999", "-1"])
@pytest.mark.parametrize(
    "option",
    [
        *("--trials", "--probe-batch", "--weight-seeds", "--proxy-timeout", "--epochs", "--steps", "--train-minutes"),
        *("--early-stopping", "--learning-rate", "--batch-size", "--pretrain-epochs", "--threads", "--jobs", "--seed"),
    ],
)
def test_numbers_out_of_reason_are_refused_before_any_work(option, number, monkeypatch):
    def unreached(*_, **__):
        raise AssertionError("it went to work")

    monkeypatch.setattr("prototypenas.pipeline.run", unreached)
    result = invoke("run", "digits", f"{option}={number}")
    assert result.exit_code == 2 and result.stderr.strip(), result.output


def test_a_run_directory_with_a_name_too_long_is_refused():
    assert "File name too long" in refused("report", 300 * "a")
    assert "name a folder for other C or ONNX: --out" in refused("deploy", 300 * "a", "--target", "rp2040")
