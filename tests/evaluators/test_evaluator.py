"""What a model's result is read back by, and what the pruned weights are held against."""

import json
from dataclasses import asdict, replace

import pytest
import torch

from evaluators.classification import classification_evaluator
from evaluators.evaluator import _wrong_shapes, best_network, read_metrics, write_metrics
from evaluators.training.checkpoints import save_whole
from evaluators.training.keeper import CHECKPOINT
from evaluators.training.recipe import Recipe
from prototypenas.errors import RunDirectoryError
from prototypenas.types import Evaluation
from search_spaces.mbednet import build_mbednet

EVALUATION = Evaluation("accuracy", 0.9, 0.85, 0.8, 90, 12.0, {"macro F1": 0.7})


def test_a_result_is_read_back_and_none_is_no_error(tmp_path):
    file = tmp_path / "metrics.json"
    assert read_metrics(file, "mine") is None
    write_metrics(EVALUATION, "mine", file)
    assert read_metrics(file, "mine") == EVALUATION


def test_the_result_of_other_arguments_or_a_damaged_one_is_refused(tmp_path):
    file = tmp_path / "metrics.json"
    write_metrics(EVALUATION, "theirs", file)
    with pytest.raises(RunDirectoryError, match="belongs to other data or arguments"):
        read_metrics(file, "mine")
    file.write_text(file.read_text()[:40])
    with pytest.raises(RunDirectoryError, match=r"metrics\.json is damaged"):
        read_metrics(file, "mine")
    file.write_text(json.dumps({**asdict(EVALUATION)}))
    with pytest.raises(RunDirectoryError, match="'fingerprint'"):
        read_metrics(file, "mine")


def test_whatever_changes_a_training_changes_its_fingerprint(few_digits, tiny_candidate):
    evaluator = classification_evaluator(few_digits)
    mark = evaluator._fingerprint(tiny_candidate, 0)
    assert mark == evaluator._fingerprint(replace(tiny_candidate, number=9), 0), "its number trains nothing"
    wider = replace(tiny_candidate, configuration=replace(tiny_candidate.configuration, width=0.3))
    other = replace(evaluator, recipe=replace(evaluator.recipe, learning_rate=0.011))
    fewer = classification_evaluator(replace(few_digits, train=few_digits.train.at(torch.arange(300))))
    marks = {
        evaluator._fingerprint(tiny_candidate, 1),
        evaluator._fingerprint(wider, 0),
        other._fingerprint(tiny_candidate, 0),
        replace(fewer, recipe=evaluator.recipe)._fingerprint(tiny_candidate, 0),
    }
    assert len(marks) == 4 and mark not in marks


def test_the_best_weights_are_loaded_at_the_pruned_widths(few_digits, tiny_candidate, tmp_path):
    evaluator = classification_evaluator(few_digits)
    network = build_mbednet(tiny_candidate.configuration, (1, 16, 16), 10)
    with pytest.raises(RunDirectoryError, match="not there any more"):
        best_network(evaluator, tiny_candidate, build_mbednet, tmp_path)
    save_whole({"network": network.state_dict()}, tmp_path / CHECKPOINT)
    found = best_network(evaluator, tiny_candidate, build_mbednet, tmp_path).state_dict()
    assert all(torch.equal(value, found[name]) for name, value in network.state_dict().items())
    full = build_mbednet(tiny_candidate.configuration.unpruned(), (1, 16, 16), 10)
    assert _wrong_shapes(dict(network.state_dict()), network) == ""
    assert "stem" in _wrong_shapes(dict(full.state_dict()), network) or _wrong_shapes(dict(full.state_dict()), network)


def test_a_time_limit_shortens_the_recipe_and_none_leaves_it(few_digits, tiny_candidate):
    evaluator = replace(classification_evaluator(few_digits), recipe=Recipe(epochs=20, batch_size=64))
    assert evaluator._recipe_of(tiny_candidate, build_mbednet) is evaluator.recipe
    hasty = replace(evaluator, recipe=replace(evaluator.recipe, most_seconds=0.05))
    assert hasty._recipe_of(tiny_candidate, build_mbednet).steps(320) < evaluator.recipe.steps(320)
