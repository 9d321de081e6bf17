from dataclasses import replace

import numpy as np
import pytest

from prototypenas.reporting.classifier_figures import confusion_figure
from prototypenas.reporting.classifier_tables import best_classifier, by_class_table, worth_table
from prototypenas.reporting.html_report import write_report
from prototypenas.runs.class_scores import ClassScores, ReferenceScore
from prototypenas.runs.dataset_summary import DatasetSummary

SCORES = ClassScores(((8, 2, 0), (1, 4, 0), (0, 0, 0)), (0.8, 0.8, 0.0), (0.84, 0.73, 0.0))
REFERENCES = (ReferenceScore("most frequent class", 0.66, 0.27, 90), ReferenceScore("forest", 0.9491, 0.8, 90))


@pytest.fixture
def models(full_report):
    return tuple(replace(model, by_class=SCORES) for model in full_report.models)


def test_models_stand_among_the_simple_classifiers_by_accuracy(models):
    rows = worth_table(models, REFERENCES).rows
    assert [row[0].split(" (")[0] for row in rows] == [
        *(f"trial {model.candidate.number}" for model in reversed(models[1:])),
        "forest",
        f"trial {models[0].candidate.number}",
        "most frequent class",
    ]
    assert rows[2][2:] == ("94.91", "80.00") and rows[0][3] == "52.33" and "kB of flash" in rows[0][1]
    assert worth_table(models, ()).rows == ()
    assert best_classifier(models) == models[-1]
    assert best_classifier([replace(model, by_class=None) for model in models]) is None


def test_classes_name_what_they_are_taken_for(models):
    rows = by_class_table(models[0], ("cat", "dog", "none seen")).rows
    assert rows[0] == ("cat", "dog (2)", "10", "80.0", "84.0")
    assert rows[2] == ("none seen", "–", "0", "–", "0.0")
    assert rows[3][2:] == ("15", "53.3", "52.3")


def test_the_matrix_is_drawn_in_shares_with_counts(models):
    axes = confusion_figure(models[0], ("cat", "dog", "none seen")).axes[0]
    assert np.allclose(axes.images[0].get_array(), [[80, 20, 0], [20, 80, 0], [0, 0, 0]])
    assert sorted(text.get_text() for text in axes.texts) == ["1", "2", "4", "8"]
    many = replace(models[0], by_class=ClassScores(((1,) * 40,) * 40, (0.1,) * 40, (0.1,) * 40))
    assert not confusion_figure(many, [str(number) for number in range(40)]).axes[0].texts


def test_the_page_of_a_classifier_shows_all_of_it(full_report, models, tmp_path):
    pictures = np.zeros((3, 1, 8, 8), dtype=np.uint8)
    data = DatasetSummary("mine", (1, 8, 8), "80/20", ("cat", "<dog>", "no"), (9, 9, 9), (5, 5, 0), pictures, (0, 1, 2))
    shown = replace(full_report, models=models, references=REFERENCES, dataset=data)
    write_report(shown, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    for part in ("Are they worth their flash?", "Class by class", "&lt;dog&gt;", "most frequent class"):
        assert part in page
    assert (tmp_path / "figures/confusion.png").exists()
