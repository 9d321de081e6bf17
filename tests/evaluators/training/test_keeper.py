"""When a training ends early, and where its files go."""

from pathlib import Path

import pytest

from evaluators.training.checkpoints import TrainingState
from evaluators.training.keeper import CHECKPOINT, PruningPlan, TrainingJob, has_stopped, write_tables
from evaluators.training.pruning_schedule import PruningSchedule
from evaluators.training.recipe import Recipe
from evaluators.training.records import EpochRecord, PruningRecord
from prototypenas.progress import Silent
from prototypenas.prototype import ChannelDimension

PLAN = PruningPlan(PruningSchedule(), (ChannelDimension("a", "a", 0, 8, 4), ChannelDimension("b", "b", None, 3, 3)))


def epoch(number: int, score: float | None, channels: int = 7) -> EpochRecord:
    return EpochRecord("train", number, 1.0, None, score, 0.01, channels, 10, 1.0)


def state(*scores: float | None, channels: int = 7) -> TrainingState:
    return TrainingState("f", history=tuple(epoch(place, score, channels) for place, score in enumerate(scores, 1)))


def job(folder: Path, **changes) -> TrainingJob:
    recipe = Recipe(epochs=10, batch_size=4)
    given = {"phase": "train", "recipe": recipe, "earlier": (), "until": None, **changes}
    places = {"directory": folder, "fingerprint": "f", "progress": Silent()}
    return TrainingJob("t", task=None, seed=0, device="cpu", **places, **given)


def test_a_plan_knows_the_channels_before_and_after():
    assert PLAN.full == {"a": 8, "b": 3} and PLAN.target == {"a": 4, "b": 3}


@pytest.mark.parametrize(
    ("scores", "stops"),
    [
        ((0.5, 0.6, 0.6, 0.6), True),
        ((0.5, 0.6, 0.6), False),
        ((0.6, 0.5, 0.5, 0.7), False),
        ((None, None, None, None), False),
    ],
)
def test_patience_is_counted_from_the_first_best_epoch(scores, stops):
    recipe = Recipe(epochs=10, batch_size=4, early_stopping=2)
    assert has_stopped(recipe, state(*scores), PLAN) == stops


def test_epochs_before_the_final_widths_do_not_count_and_no_patience_never_ends():
    recipe = Recipe(epochs=10, batch_size=4, early_stopping=2)
    assert not has_stopped(recipe, state(0.9, 0.1, 0.1, 0.1, channels=11), PLAN)
    assert not has_stopped(Recipe(epochs=10, batch_size=4), state(0.9, 0.1, 0.1, 0.1), PLAN)


def test_each_phase_has_files_of_its_own_and_an_end(tmp_path):
    train, quantize = job(tmp_path), job(tmp_path, phase="quantize")
    assert (train.last_path.name, train.best_path.name) == ("last.pt", CHECKPOINT)
    assert (quantize.last_path.name, quantize.best_path.name) == ("last_quantize.pt", "checkpoint_quantize.pt")
    assert train.last_epoch == 10
    assert job(tmp_path, until=4).last_epoch == 4 and job(tmp_path, until=40).last_epoch == 10


def test_the_history_begins_with_the_phase_before_and_pruning_is_written_where_there_was_any(tmp_path):
    write_tables(job(tmp_path, earlier=(epoch(1, 0.5),)), state(0.7))
    assert len((tmp_path / "history.csv").read_text().splitlines()) == 3
    assert not (tmp_path / "pruning.csv").exists()
    pruned = PruningRecord(1, 8, 4, 9, 0.5, 0.4)
    write_tables(job(tmp_path), TrainingState("f", history=(epoch(1, 0.5),), pruning=(pruned,)))
    assert "channels_before" in (tmp_path / "pruning.csv").read_text()
