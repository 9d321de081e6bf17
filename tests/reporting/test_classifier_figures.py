from dataclasses import replace

import numpy as np
import pytest

from prototypenas.reporting.classifier_figures import MOST_COUNTED, MOST_NAMED, confusion_figure
from prototypenas.runs.class_scores import ClassScores


def figure_of(model, classes):
    counts = np.eye(classes, dtype=int) * 3
    counts[0] = 0
    counts[1, 2] = 1
    ones = (1.0,) * classes
    scores = ClassScores(tuple(map(tuple, counts.tolist())), ones, ones)
    return confusion_figure(replace(model, by_class=scores), [f"c{number}" for number in range(classes)])


@pytest.mark.parametrize("classes", [3, MOST_COUNTED + 1, MOST_NAMED + 1])
def test_names_and_counts_are_written_as_long_as_there_is_room(classes, full_report):
    axes = figure_of(full_report.models[0], classes).axes[0]
    assert ("c1" in [label.get_text() for label in axes.get_xticklabels()]) == (classes <= MOST_NAMED)
    written = [text.get_text() for text in axes.texts]
    assert (sorted(written) == ["1", *["3"] * (classes - 1)]) if classes <= MOST_COUNTED else not written


def test_rows_are_shares_of_the_true_class_and_a_class_without_samples_is_empty(full_report):
    (image,) = figure_of(full_report.models[0], 3).axes[0].images
    assert np.allclose(image.get_array(), [[0, 0, 0], [0, 75, 25], [0, 0, 100]])
