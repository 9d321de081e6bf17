import pandas as pd
import torch

from evaluators.augmentation import Augmentation
from evaluators.datasets.samples import Samples, assembled
from experiments import recipe_comparison
from experiments.recipe_comparison import main, recipe_of, summary, trainings


def test_every_network_meets_both_recipes_on_both_seeds():
    planned = list(trainings("cifar10"))
    assert len(set(planned)) == 8
    assert {one.network.split("-")[1] for one in planned} == {"mobilenet_v2", "mbednet"}


def test_the_fixed_recipe_shows_at_least_as_many_samples():
    count = 1_000
    samples = Samples(torch.zeros(count, 1, 8, 8, dtype=torch.uint8), torch.arange(count) % 2)
    data = assembled("some", ["a", "b"], samples, samples, split="made up")
    derived, fixed = (recipe_of(name, data, Augmentation(shift=2)) for name in ("derived", "fixed"))
    shown = [recipe.steps(count) * recipe.batch_size for recipe in (derived, fixed)]
    assert shown[0] <= shown[1] < 1.2 * shown[0]
    assert fixed.steps_per_epoch is None and derived.augmentation != fixed.augmentation


def test_a_finished_training_is_not_repeated_and_the_table_counts_pairs(tmp_path, monkeypatch, capsys):
    done = []

    def learnt(training, data):
        done.append(training)
        better = 0.9 if training.recipe == "derived" else 0.8
        known = (training.data, training.network, training.recipe, training.seed)
        return dict(zip(recipe_comparison.COLUMNS, (*known, better, better, 3.0), strict=True))

    monkeypatch.setattr(recipe_comparison, "trained", learnt)
    command = ["--data", "digits", "--data-dir", str(tmp_path), "--out", str(tmp_path / "recipes.csv")]
    main(command)
    assert len(done) == 8 and "| digits | 90.0 | 80.0 | 4 of 4 | 3 / 3 |" in capsys.readouterr().out
    main(command)
    assert len(done) == 8
    assert "4 of 4" in summary(pd.read_csv(tmp_path / "recipes.csv"))
