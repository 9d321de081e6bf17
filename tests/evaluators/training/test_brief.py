from dataclasses import replace

import pytest

from evaluators.classification import ClassificationTask
from evaluators.evaluator import TaskEvaluator
from prototypenas.protocols import BriefTrainer
from search_spaces.mbednet import build_mbednet


@pytest.fixture
def trainer(few_digits, quick_recipe) -> TaskEvaluator:
    return TaskEvaluator(ClassificationTask(few_digits), quick_recipe)


def brief(trainer, candidate, folder, units):
    return trainer.train_briefly(
        candidate, build_mbednet, directory=folder, steps=4, units=(units, 7), seed=3, device="cpu"
    )


def test_in_pieces_it_learns_the_same_as_in_one_go(trainer, tiny_candidate, tmp_path):
    assert isinstance(trainer, BriefTrainer)
    pieces = [brief(trainer, tiny_candidate, tmp_path / "pieces", units) for units in (1, 3, 7)]
    whole = brief(trainer, tiny_candidate, tmp_path / "whole", 7)
    assert pieces[-1] == whole
    assert pieces[0].loss > pieces[2].loss
    assert pieces[0].held_out == whole.held_out == 65
    assert len((tmp_path / "pieces" / "history.csv").read_text().splitlines()) == 8


def test_test_data_is_never_touched(trainer, few_digits, tiny_candidate, tmp_path):
    blind = replace(few_digits, test=few_digits.test.at([0]))
    seen = brief(trainer, tiny_candidate, tmp_path / "seen", 1)
    # The digest of the data is part of the state's name only.
    hidden = TaskEvaluator(ClassificationTask(blind), trainer.recipe)
    assert brief(hidden, tiny_candidate, tmp_path / "hidden", 1) == seen


def test_something_is_held_out_where_the_recipe_holds_out_nothing(few_digits, quick_recipe, tiny_candidate, tmp_path):
    trainer = TaskEvaluator(ClassificationTask(few_digits), replace(quick_recipe, validation_share=0.0))
    assert brief(trainer, tiny_candidate, tmp_path, 1).held_out == 31


def test_the_length_of_a_whole_training_is_told(trainer):
    assert trainer.batch_size == 64
    assert trainer.training_steps == 4 * (256 // 64)
    counted = replace(trainer, recipe=replace(trainer.recipe, steps_per_epoch=11))
    assert counted.training_steps == 44
