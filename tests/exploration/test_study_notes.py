import optuna
import pytest

from prototypenas.errors import RunDirectoryError
from prototypenas.exploration.study_mirror import STUDY_FILE, file_storage
from prototypenas.exploration.study_notes import note_in_study


def test_the_study_tells_target_chosen_and_front(tmp_path):
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    optuna.create_study(study_name="run", storage=file_storage(tmp_path))
    for chosen in ([3, 5], [5]):
        note_in_study(tmp_path, {"target": "rp2040"}, chosen=chosen, front=[3, 5, 9])
        found = optuna.load_study(study_name="run", storage=file_storage(tmp_path)).user_attrs
        assert found == {"target": "rp2040", "chosen": chosen, "front": [3, 5, 9]}


def test_a_run_without_a_study_of_its_own_is_left_alone(tmp_path):
    note_in_study(tmp_path, {}, chosen=[], front=[])
    assert not list(tmp_path.iterdir())


def test_a_damaged_study_is_named(tmp_path):
    (tmp_path / STUDY_FILE).write_bytes(b"no database at all, but long enough to be looked at" * 40)
    with pytest.raises(RunDirectoryError, match=r"study\.db is damaged .*remove it"):
        note_in_study(tmp_path, {}, chosen=[], front=[])
