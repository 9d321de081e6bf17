import json

import pytest

from prototypenas.errors import RunDirectoryError
from prototypenas.runs.atomic_files import read_json, write_json
from prototypenas.runs.run_directory import RunDirectory, check_place

ARGUMENTS = {"trials": 100, "seed": 0, "proxies": ["meco", "snip"]}


def test_a_step_with_the_same_arguments_continues(tmp_path):
    run = RunDirectory.create(tmp_path / "run")
    run.bind(ARGUMENTS)
    run.bind(dict(ARGUMENTS))
    assert RunDirectory.open(tmp_path / "run").arguments() == ARGUMENTS


def test_a_changed_argument_is_named(tmp_path):
    run = RunDirectory.create(tmp_path)
    run.bind(ARGUMENTS)
    with pytest.raises(RunDirectoryError, match=r"seed was 0, now 1.*--out"):
        run.bind({**ARGUMENTS, "seed": 1})
    assert run.arguments()["trials"] == 100


def test_more_trials_continue_and_fewer_are_refused(tmp_path):
    run = RunDirectory.create(tmp_path)
    run.bind(ARGUMENTS)
    run.bind({**ARGUMENTS, "trials": 400})
    assert run.arguments()["trials"] == 400
    with pytest.raises(RunDirectoryError, match="trials was 400, now 100"):
        run.bind(ARGUMENTS)


def test_sections_and_versions_stand_in_one_file(tmp_path):
    run = RunDirectory.create(tmp_path)
    run.bind(ARGUMENTS)
    run.dataset("digits").bind({"epochs": 3})
    content = json.loads((tmp_path / "run.json").read_text())
    assert {"exploration", "datasets", "made_with", "identity"} == set(content)
    assert "torch" in content["made_with"]


def test_a_step_that_has_not_begun_is_named(tmp_path):
    run = RunDirectory.create(tmp_path)
    with pytest.raises(RunDirectoryError, match="no exploration yet"):
        run.arguments()
    with pytest.raises(RunDirectoryError, match="no models trained on digits"):
        run.dataset("digits").arguments()


def test_every_run_has_an_identity_of_its_own_and_keeps_it(tmp_path):
    runs = [RunDirectory.create(tmp_path / name / "run") for name in ("a", "b")]
    for run in runs:
        run.bind(ARGUMENTS)
    first, second = (run.identity() for run in runs)
    assert first != second
    runs[0].bind({**ARGUMENTS, "trials": 900})
    assert runs[0].identity() == first


def test_a_folder_without_a_run_is_refused(tmp_path):
    with pytest.raises(RunDirectoryError, match=r"no run\.json"):
        RunDirectory.open(tmp_path)


@pytest.mark.parametrize("content", ["{", "[]", "", "{}", '{"made_with": {}, "exploration": null}'])
def test_a_corrupt_file_is_named_with_what_to_do(tmp_path, content):
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(RunDirectoryError, match=r"run\.json .*--out"):
        RunDirectory.open(tmp_path).bind(ARGUMENTS)


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


def test_results_without_the_arguments_they_came_from_are_refused(tmp_path):
    run = RunDirectory.create(tmp_path)
    run.bind(ARGUMENTS)
    write_json(run.exploration_json, {})
    content = read_json(run.run_json)
    del content["exploration"]
    write_json(run.run_json, content)
    with pytest.raises(RunDirectoryError, match=r"run\.json does not say 'exploration'; restore it"):
        run.bind(ARGUMENTS)
    run.run_json.unlink()
    with pytest.raises(RunDirectoryError, match=r"run\.json does not say 'exploration'"):
        run.bind(ARGUMENTS)


def test_every_data_set_has_a_folder_of_its_own(tmp_path):
    run = RunDirectory.create(tmp_path)
    assert run.datasets() == ()
    for name in ("digits", "../my: set"):
        run.dataset(name).bind({"epochs": 3})
    first, second = run.datasets()
    assert first.model(7) == tmp_path / "datasets" / "digits" / "models" / "7"
    assert (second.name, second.path.parent) == ("../my: set", tmp_path / "datasets")
    with pytest.raises(RunDirectoryError, match="epochs was 3, now 4"):
        first.bind({"epochs": 4})
    assert RunDirectory.open(tmp_path).dataset("digits").arguments() == {"epochs": 3}


def test_a_worker_that_does_not_share_the_directory_says_so(tmp_path):
    run = RunDirectory.create(tmp_path)
    with pytest.raises(RunDirectoryError, match=r"does not see .* all workers share"):
        run.absolute().check_seen()
    run.bind({})
    run.absolute().check_seen()
