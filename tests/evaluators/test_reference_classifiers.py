import numpy as np
import pytest
import torch
from sklearn.metrics import confusion_matrix, f1_score, recall_score

from evaluators.classification import scores_by_class
from evaluators.datasets.samples import Samples, assembled
from evaluators.reference_classifiers import LONGEST_EDGE, MOST_STEPS, ReferenceClassifiers, features_of
from prototypenas.progress import Silent


def test_on_digits_neighbours_and_forest_are_far_above_the_most_frequent_class(few_digits):
    scores = ReferenceClassifiers(few_digits).scores(Silent())
    assert [score.name for score in scores] == [
        "most frequent class",
        "5 nearest neighbours",
        "random forest of 100 trees",
    ]
    frequent = int(few_digits.train.targets.bincount().argmax())
    assert scores[0].accuracy == pytest.approx(float((few_digits.test.targets == frequent).double().mean()))
    assert all(score.accuracy > 0.85 and score.macro_f1 > 0.85 for score in scores[1:])
    assert all(score.training_samples == 320 for score in scores)
    assert ReferenceClassifiers(few_digits).scores(Silent()) == scores


def test_features_of_large_samples_are_means_over_areas_and_time():
    images = Samples(torch.full((3, 3, 96, 64), 255, dtype=torch.uint8), torch.tensor([0, 1, 1]))
    found = features_of(assembled("big", ["a", "b"], images, images, split="made up"), images)
    assert found.shape == (3, 3 * LONGEST_EDGE**2) and np.all(found == 1.0)
    series = Samples(torch.randn(4, 2, 500), torch.tensor([0, 1, 1, 0]))
    found = features_of(assembled("long", ["a", "b"], series, series, split="made up"), series)
    assert found.shape == (4, 2 * MOST_STEPS + 5 * 2) and np.isfinite(found).all()


def test_fewer_samples_than_neighbours_are_no_obstacle():
    series = Samples(torch.randn(3, 1, 1), torch.tensor([0, 1, 1]))
    data = assembled("few", ["a", "b"], series, series, split="made up")
    assert [score.name for score in ReferenceClassifiers(data).scores(Silent())][1] == "3 nearest neighbours"


@pytest.mark.parametrize("seed", range(5))
def test_scores_by_class_are_those_of_scikit_learn(seed):
    generator = torch.Generator().manual_seed(seed)
    truth, predicted = torch.randint(0, 4, (2, 50), generator=generator)
    found = scores_by_class(predicted, truth, 5)
    labels = list(range(5))
    assert np.array_equal(found.confusion, confusion_matrix(truth, predicted, labels=labels))
    for score, theirs in ((found.recall, recall_score), (found.f1, f1_score)):
        expected = theirs(truth, predicted, labels=labels, average=None, zero_division=0.0)
        assert score == pytest.approx(expected)
