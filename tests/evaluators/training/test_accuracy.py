from collections import Counter

import numpy as np
import pytest

from evaluators.training.accuracy import voted_accuracy


def test_most_windows_decide_and_the_sum_of_logits_between_equals():
    logits = np.array([[3, 0], [0, 1], [0, 1], [5, 0], [0, 1]], dtype=np.float32)
    series = np.array([7, 7, 7, 2, 2])
    assert voted_accuracy(logits, np.array([1, 1, 1, 0, 0]), series) == 1.0
    assert voted_accuracy(logits, np.array([0, 0, 0, 0, 0]), series) == 0.5


@pytest.mark.parametrize("seed", range(5))
def test_it_is_what_counting_by_hand_gives(seed):
    generator = np.random.default_rng(seed)
    series = generator.integers(0, 20, 200)
    classes = generator.integers(0, 4, 20)
    logits = generator.normal(size=(200, 4)).astype(np.float32)
    right = 0
    for number in set(series.tolist()):
        rows = logits[series == number]
        counts = Counter(rows.argmax(axis=1).tolist())
        most = max(counts.values())
        best = max((label for label, count in counts.items() if count == most), key=lambda label: rows[:, label].sum())
        right += best == classes[number]
    assert voted_accuracy(logits, classes[series], series) == pytest.approx(right / len(set(series.tolist())))
