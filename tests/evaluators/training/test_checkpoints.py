"""A training's state is on the disk whole or not at all, and no other training takes it up."""

import pytest
import torch

from evaluators.training.checkpoints import TrainingState, load_state, load_whole, save_state, save_whole
from evaluators.training.records import EpochRecord, PruningRecord
from prototypenas.errors import RunDirectoryError

STATE = TrainingState(
    "mine",
    finished_epochs=3,
    kept={"stem": 4},
    network={"weight": torch.arange(6.0).reshape(2, 3)},
    best_score=0.5,
    history=(EpochRecord("train", 1, 0.3, None, 0.5, 0.01, 4, 24, 1.5),),
    pruning=(PruningRecord(2, 8, 4, 24, 0.6, 0.4),),
)


def test_what_is_saved_is_loaded_and_nothing_saved_is_none(tmp_path):
    path = tmp_path / "last.pt"
    assert load_state(path, "mine") is None
    save_state(STATE, path)
    found = load_state(path, "mine")
    assert found is not None
    assert (found.history, found.pruning, found.kept) == (STATE.history, STATE.pruning, STATE.kept)
    assert torch.equal(found.network["weight"], STATE.network["weight"])
    assert [one.name for one in tmp_path.iterdir()] == ["last.pt"], "nothing is left beside it"


def test_another_trainings_state_is_refused(tmp_path):
    save_state(STATE, tmp_path / "last.pt")
    with pytest.raises(RunDirectoryError, match="trained with other data or arguments"):
        load_state(tmp_path / "last.pt", "theirs")


@pytest.mark.parametrize("content", [{"fingerprint": "mine", "history": [{"epoch": 1}], "pruning": []}])
def test_a_state_with_other_fields_is_of_another_version(content, tmp_path):
    save_whole(content, tmp_path / "last.pt")
    with pytest.raises(RunDirectoryError, match="another version"):
        load_state(tmp_path / "last.pt", "mine")


def test_a_torn_a_missing_and_a_foreign_file_are_named(tmp_path):
    path = tmp_path / "last.pt"
    save_state(STATE, path)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(RunDirectoryError, match=r"last\.pt is damaged"):
        load_whole(path)
    with pytest.raises(RunDirectoryError, match="not there any more"):
        load_whole(tmp_path / "none.pt")
    torch.save([1, 2], path)
    with pytest.raises(RunDirectoryError, match="is no checkpoint"):
        load_whole(path)
