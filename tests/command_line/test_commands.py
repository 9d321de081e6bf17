"""The commands as they are typed, on a plug-in's data set of 60 images and its toy architecture."""

import csv
import errno
import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

import prototypenas.pipeline
from prototypenas.command_line.main import app
from prototypenas.deployment.toolchain import toolchain_gap
from prototypenas.runs.run_directory import RunDirectory
from tests.command_line.program import PARTS, PLUGIN, SEARCH, WHOLE_WAY, done, invoke, refused


def files_below(folder: Path) -> dict[str, int]:
    return {str(file.relative_to(folder)): file.stat().st_mtime_ns for file in folder.rglob("*") if file.is_file()}


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> tuple[Path, str]:
    out = tmp_path_factory.mktemp("runs") / "quarters"
    return out, done(*WHOLE_WAY, "--out", out)


def test_the_whole_way_leaves_every_file_and_prints_the_table(finished):
    out, printed = finished
    chosen = json.loads((out / "selection.json").read_text())["chosen"]
    expected = {
        *("run.json", "candidates.jsonl", "candidates.csv", "exploration.json", "study.db"),
        *("selected.csv", "selection.json"),
        *(f"datasets/quarters/{file}" for file in ("report.html", "figures/front.svg", "figures/front.png")),
        *(
            f"datasets/quarters/models/{number}/{file}"
            for number in chosen
            for file in ("checkpoint.pt", "last.pt", "history.csv", "metrics.json", "graph_int8.npz")
        ),
        *(
            f"datasets/quarters/models/{number}/{file}"
            for number in chosen
            for file in ("model_int8.onnx", "delivery.json", "c/model.c", "c/weights.c", "c/main.c", "c/Makefile")
        ),
    }
    assert expected <= set(files_below(out))
    assert not [name for name in files_below(out) if name.endswith((".draft", ".lock", ".writable"))]
    assert all(word in printed for word in ("Trial", "MFLOPs", "RAM", "ROM", "int8", "Float", "C accuracy"))
    assert all(re.search(rf"│ {number} +│ toy ", printed) for number in chosen)


def test_the_compiled_c_is_as_accurate_as_the_simulator(finished):
    if toolchain_gap("cc"):
        pytest.skip("no C compiler")
    for model in (finished[0] / "datasets/quarters/models").iterdir():
        metrics = json.loads((model / "metrics.json").read_text())
        delivery = json.loads((model / "delivery.json").read_text())
        assert delivery["c_score"] == metrics["int8_score"]
        assert delivery["test_samples"] == metrics["test_samples"] == 20


def test_a_finished_run_is_only_printed(finished):
    out, printed = finished
    before, logged = files_below(out), (out / "run.log").read_text()
    again = done(*WHOLE_WAY, "--out", out)
    assert {**files_below(out), "run.log": before["run.log"]} == before
    assert (out / "run.log").read_text().startswith(logged)
    table = printed[printed.rindex("┏") :]
    assert again.endswith(table)


def test_more_trials_continue_a_finished_run_and_renew_what_follows(finished, tmp_path):
    out = tmp_path / "run"
    shutil.copytree(finished[0], out)
    journal = (out / "candidates.jsonl").read_bytes()
    done(*WHOLE_WAY, "--trials", "14", "--out", out)
    assert (out / "candidates.jsonl").read_bytes().startswith(journal)
    at_once = tmp_path / "at once"
    done("explore", "--input", "1x16x16", "--classes", "4", *PLUGIN, *SEARCH, "--trials", "14", "--out", at_once)
    assert (out / "candidates.csv").read_bytes() == (at_once / "candidates.csv").read_bytes()
    selection = json.loads((out / "selection.json").read_text())
    assert selection["explored"] == 14
    folder = out / "datasets" / "quarters"
    assert {str(number) for number in selection["chosen"]} <= {model.name for model in (folder / "models").iterdir()}
    assert (folder / "report.html").stat().st_mtime > (out / "selection.json").stat().st_mtime


def test_a_damaged_or_lost_table_is_written_anew(finished, tmp_path):
    out = tmp_path / "run"
    shutil.copytree(finished[0], out)
    table = out / "candidates.csv"
    whole = table.read_bytes()
    for damage in (lambda: table.write_bytes(b""), table.unlink, lambda: table.write_bytes(whole[:-200])):
        damage()
        assert "anew" in refused("select", out)
        done(*WHOLE_WAY, "--out", out)
        assert table.read_bytes() == whole


def test_a_selection_is_recorded_whole_or_not_at_all(finished, tmp_path, monkeypatch):
    out = tmp_path / "run"
    shutil.copytree(finished[0], out)
    before = (out / "selection.json").read_bytes()
    written = prototypenas.pipeline.write_json

    def killed(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("prototypenas.pipeline.write_json", killed)
    assert invoke("select", out, "--keep", "1").exit_code == 130
    assert (out / "selection.json").read_bytes() == before
    monkeypatch.setattr("prototypenas.pipeline.write_json", written)
    monkeypatch.setattr("prototypenas.pipeline.write_text", killed)
    assert invoke("select", out, "--keep", "1").exit_code == 130
    monkeypatch.undo()
    done(*WHOLE_WAY, "--out", out, "--keep", "1")
    with (out / "selected.csv").open(newline="") as stream:
        numbers = [int(row["number"]) for row in csv.DictReader(stream)]
    assert numbers == json.loads((out / "selection.json").read_text())["chosen"]
    assert len(numbers) == 1


def test_refinement_without_data_or_time_is_refused(finished):
    assert "refinement trains on data: name a data set" in refused("refine", finished[0])
    for minutes in ("0", "-5", "0.0m"):
        assert "is no time of refinement" in refused("refine", finished[0], f"--minutes={minutes}")


def test_another_space_or_seed_of_the_weights_is_refused(finished):
    out = finished[0]
    assert "seed was 0, now 1" in refused(*WHOLE_WAY, "--out", out, "--seed", "1")
    record = json.loads((out / "run.json").read_text())["exploration"]
    assert record["space"]["kernels"] == {"toy": [3, 5, 7]}
    assert (record["seed"], record["sampler_seed"]) == (0, 0)


def test_another_text_of_a_plugin_is_refused_where_its_parts_are_used(tmp_path):
    parts, aside = tmp_path / "parts.py", tmp_path / "aside.py"
    parts.write_text(Path(PARTS).read_text())
    aside.write_text("PROXIES = {'unused': len}")
    search = (
        "--architectures",
        "toy",
        "--objectives",
        "flops,params",
        "--trials",
        "2",
        "--target",
        "my-board",
        "--jobs",
        "1",
    )
    explore = ("explore", "--input", "1x16x16", "--classes", "4", *search, "--out", tmp_path / "run")
    done(*explore, "--plugin", parts, "--plugin", aside)
    aside.write_text("PROXIES = {'unused': max}")
    done(*explore, "--plugin", parts, "--plugin", aside)
    (tmp_path / "elsewhere").mkdir()
    done(*explore, "--plugin", shutil.copy(parts, tmp_path / "elsewhere"))
    parts.write_text(Path(PARTS).read_text().replace("8 + 4 * number", "8 + 2 * number"))
    assert re.search(r"plugins was \['parts.py \w+'\], now \['parts.py \w+'\]", refused(*explore, "--plugin", parts))


def test_another_microcontroller_of_the_same_name_is_refused(finished, tmp_path):
    parts = tmp_path / "tiny_parts.py"
    parts.write_text(Path(PARTS).read_text().replace('name="my-board"', 'name="my-board", clock_hz=1_000_000'))
    line = refused("report", finished[0], "--plugin", parts)
    assert "was explored for my-board as a" in line and "1,000,000 Hz" in line
    assert "clock_hz was" in refused("run", "quarters", "--plugin", parts, *WHOLE_WAY[4:], "--out", finished[0])


def test_a_run_that_is_in_use_is_refused(finished):
    with RunDirectory.open(finished[0]).locked():
        assert "is in use by process" in refused(*WHOLE_WAY, "--out", finished[0])
        assert "is in use by process" in refused("select", finished[0])


def test_a_changed_argument_is_named(finished):
    out = finished[0]
    assert "trials was 8, now 7" in refused(*WHOLE_WAY, "--out", out, "--trials", "7")
    assert "keep was 20, now 1" in refused(*WHOLE_WAY, "--out", out, "--keep", "1")
    assert "epochs was 2, now 3" in refused(*WHOLE_WAY, "--out", out, "--epochs", "3")


def test_step_by_step_one_exploration_serves_two_data_sets(finished, tmp_path):
    out, whole = tmp_path / "steps", finished[0]
    size = ("--input", "1x16x16", "--classes", "4")
    printed = done("explore", *size, *PLUGIN, *SEARCH, "--jobs", "2", "--out", out)
    assert "8 explored" in printed
    # The same seed explores the same without data, and on another number of jobs.
    assert (out / "candidates.csv").read_bytes() == (whole / "candidates.csv").read_bytes()

    assert "optimal" in done("select", out, "--keep", "1")
    assert "20 were wanted" in done("select", out, "--keep", "20")
    assert (out / "selected.csv").read_bytes() == (whole / "selected.csv").read_bytes()

    assert "optimal" in done("select", out, "--keep", "2")
    assert "no trained model" in refused("deploy", out, *PLUGIN)
    sets = ("--dataset", "quarters", "--dataset", "other-quarters")
    done("evaluate", out, *sets, *PLUGIN, "--epochs", "1", "--jobs", "1")
    first = files_below(out)
    sets = {name.split("/")[1] for name in first if name.endswith("metrics.json")}
    assert sets == {"quarters", "other-quarters"}
    done("deploy", out, *PLUGIN)
    deployed = [name for name in files_below(out) if name.endswith("delivery.json")]
    assert len(deployed) == 4
    assert "name a folder" in refused("deploy", out, *PLUGIN, "--target", "stm32f746")
    done("deploy", out, *PLUGIN, "--target", "stm32f746", "--execution", "rows", "--out", tmp_path / "other")
    other = [name for name in files_below(tmp_path / "other") if name.endswith("c/model.h")]
    assert len(other) == 4
    assert "model_push_row" in (tmp_path / "other" / other[0]).read_text()
    done("report", out, *PLUGIN)
    assert {f"datasets/{name}/report.html" for name in sets} <= set(files_below(out))


@pytest.mark.parametrize(
    ("what", "some"),
    [
        ("targets", "my-board"),
        ("architectures", "toy"),
        ("proxies", "Mean magnitude of the weights' gradients."),
        ("datasets", "60 grey 16x16 images"),
        ("published", "mcunet-in3"),
        ("samplers", "nsga2"),
        ("objectives", "ms of latency"),
    ],
)
def test_everything_that_can_be_named_is_listed(what, some):
    assert some in done("list", what, *PLUGIN)


def test_a_model_costs_after_training_what_it_cost_in_the_search(finished):
    out, printed = finished
    with (out / "selected.csv").open(newline="") as stream:
        for row in csv.DictReader(stream):
            kilobytes = [f"{int(row[name]) / 1e3:.1f}" for name in ("ram_bytes", "rom_bytes")]
            assert re.search(rf"│ {row['number']} .*│ +{kilobytes[0]} │ +{kilobytes[1]} │", printed)


def test_series_are_shown_without_naming_an_input():
    assert "1x256" in done("show", "mbednet1d"), "the stem halves the usual 512 steps"


def test_a_detector_of_one_class_is_shown_and_measured():
    arguments = ("mbednet_yolo", "--classes", "1", "--input", "1x64x64")
    assert "mbednet_yolo" in done("show", *arguments) and "RAM" in done("measure", *arguments)


def test_a_configuration_is_shown():
    printed = done("show", "mbednet", "--configuration", "width=0.5 depths=1,2,1,1", "--input", "3x64x64")
    assert "width=0.5 depths=1,2,1,1 kernels=3,3,3,3" in printed


@pytest.mark.parametrize(
    "network",
    [
        ("mcunet-in0",),
        ("mbednet", "--configuration", "width=0.25", "--input", "1x32x32"),
        ("torchvision.models:squeezenet1_1", "--input", "3x64x64"),
    ],
)
def test_networks_of_all_kinds_are_measured(network):
    printed = done("measure", *network, "--target", "stm32f746")
    assert all(word in printed for word in ("RAM", "ROM", "MACs"))


def test_a_front_smaller_than_wanted_is_kept_whole_and_said(finished):
    out, printed = finished
    note = re.search(r"the front has only (\d+) different models, so all of them are kept \(20 were wanted\)", printed)
    assert note, printed
    assert len(list((out / "datasets/quarters/models").iterdir())) == int(note[1])
    assert note[0] in (out / "datasets/quarters/report.html").read_text()


def test_a_run_whose_record_lacks_an_argument_is_refused(finished, tmp_path):
    out = tmp_path / "run"
    shutil.copytree(finished[0], out, ignore=shutil.ignore_patterns("models", "figures"))
    record = json.loads((out / "run.json").read_text())
    del record["datasets"]["quarters"]["epochs"]
    (out / "run.json").write_text(json.dumps(record))
    assert "run.json does not say 'epochs'" in refused("deploy", out, *PLUGIN)


@pytest.mark.parametrize(("number", "ends"), [(errno.ENOSPC, True), (errno.ENOENT, False)])
def test_a_disk_that_fills_up_in_the_middle_of_the_work_is_told_in_one_line(number, ends, finished, monkeypatch):
    def fail(*arguments: object) -> None:
        raise OSError(number, "what the system says", "some/file")

    monkeypatch.setattr("prototypenas.reporting.run_report.write_run_report", fail)
    if ends:
        line = refused("report", finished[0], *PLUGIN)
        assert "what the system says (some/file)" in line and "continues" in line
    else:
        with pytest.raises(OSError, match="what the system says"):
            CliRunner().invoke(app, ["report", str(finished[0]), *PLUGIN], catch_exceptions=False)
