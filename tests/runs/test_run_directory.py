import json
from pathlib import Path

import pytest

from prototypenas.errors import RunDirectoryError
from prototypenas.runs.run_directory import RunDirectory, check_place, read_json, write_json

ARGUMENTS = {"trials": 100, "seed": 0, "proxies": ["meco", "snip"]}


def test_a_step_with_the_same_arguments_continues(tmp_path):
    run = RunDirectory.create(tmp_path / "run")
    run.bind("exploration", ARGUMENTS)
    run.bind("exploration", dict(ARGUMENTS))
    assert RunDirectory.open(tmp_path / "run").arguments("exploration") == ARGUMENTS


def test_a_changed_argument_is_named(tmp_path):
    run = RunDirectory.create(tmp_path)
    run.bind("exploration", ARGUMENTS)
    with pytest.raises(RunDirectoryError, match=r"trials was 100, now 200.*--out"):
        run.bind("exploration", {**ARGUMENTS, "trials": 200})
    assert run.arguments("exploration")["trials"] == 100


def test_rebinding_replaces(tmp_path):
    run = RunDirectory.create(tmp_path)
    run.bind("selection", {"keep": 3})
    run.rebind("selection", {"keep": 5})
    assert run.arguments("selection") == {"keep": 5}


def test_sections_and_versions_stand_in_one_file(tmp_path):
    run = RunDirectory.create(tmp_path)
    run.bind("exploration", ARGUMENTS)
    run.bind("selection", {"keep": 3})
    content = json.loads((tmp_path / "run.json").read_text())
    assert {"exploration", "selection", "made_with"} <= set(content)
    assert "torch" in content["made_with"]


def test_a_step_that_has_not_begun_is_named(tmp_path):
    run = RunDirectory.create(tmp_path)
    with pytest.raises(RunDirectoryError, match="no selection yet"):
        run.arguments("selection")


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(RunDirectoryError, match=r"no run\.json"):
        RunDirectory.open(tmp_path)


@pytest.mark.parametrize("content", ["{", "[]", "", "{}", '{"made_with": {}, "exploration": null}'])
def test_a_corrupt_file_is_named_with_what_to_do(tmp_path, content):
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(RunDirectoryError, match=r"run\.json .*--out"):
        RunDirectory.open(tmp_path).bind("exploration", ARGUMENTS)


def test_a_place_that_cannot_be_written_is_refused_at_once(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunDirectoryError, match="cannot write"):
        RunDirectory.create(tmp_path / "file" / "run")


def test_a_place_is_tried_without_making_it(tmp_path):
    check_place(tmp_path / "not" / "yet" / "there")
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").write_text("")
    with pytest.raises(RunDirectoryError, match=r"cannot write to .*file/below"):
        check_place(tmp_path / "file" / "below")
    with pytest.raises(RunDirectoryError, match="cannot write to"):
        check_place(tmp_path / ("x" * 300))


@pytest.mark.parametrize("lost", ["exploration", "selection"])
def test_results_without_the_arguments_they_came_from_are_refused(tmp_path, lost):
    run = RunDirectory.create(tmp_path)
    for section, file in (("exploration", run.exploration_json), ("selection", run.selection_json)):
        run.bind(section, ARGUMENTS)
        write_json(file, {})
    content = read_json(run.run_json)
    del content[lost]
    write_json(run.run_json, content)
    with pytest.raises(RunDirectoryError, match=rf"run\.json does not say '{lost}'; restore it"):
        run.bind(lost, ARGUMENTS)
    run.run_json.unlink()
    with pytest.raises(RunDirectoryError, match=r"run\.json does not say 'exploration'"):
        run.bind("exploration", ARGUMENTS)


def test_a_recorded_argument_that_is_missing_or_of_another_kind_is_named(tmp_path):
    run = RunDirectory.create(tmp_path)
    run.bind("exploration", ARGUMENTS)
    assert run.recorded("exploration", seed=int, trials=int | None) == (0, 100)
    with pytest.raises(RunDirectoryError, match="'target' in 'exploration'"):
        run.recorded("exploration", seed=int, target=str)
    with pytest.raises(RunDirectoryError, match="'seed' in 'exploration'"):
        run.recorded("exploration", seed=str)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_failed_write_keeps_what_was_there(tmp_path):
    file = tmp_path / "run.json"
    write_json(file, {"a": 1})
    (tmp_path / "run.json.draft").symlink_to("/dev/full")
    with pytest.raises(RunDirectoryError, match="nothing already written is lost"):
        write_json(file, {"a": 2})
    assert read_json(file) == {"a": 1}


def test_the_first_data_set_owns_the_directory_and_others_get_a_folder(tmp_path):
    run = RunDirectory.create(tmp_path)
    assert run.evaluated() == []
    first = run.for_dataset("digits")
    assert first == run
    first.bind(first.evaluation_section, {"dataset": "digits"})
    second = run.for_dataset("cifar10")
    second.bind(second.evaluation_section, {"dataset": "cifar10"})
    assert first.model(7) == tmp_path / "models" / "7"
    assert second.model(7) == tmp_path / "cifar10" / "models" / "7"
    assert run.evaluated() == [first, second]
    assert run.for_dataset("digits") == first


def test_a_worker_that_does_not_share_the_directory_says_so(tmp_path):
    run = RunDirectory.create(tmp_path)
    with pytest.raises(RunDirectoryError, match=r"does not see .* all workers share"):
        run.absolute().check_seen()
    run.bind("exploration", {})
    run.absolute().check_seen()
