import json
from dataclasses import asdict

import pytest

from prototypenas.errors import RunDirectoryError
from prototypenas.runs.class_scores import (
    BY_CLASS,
    ClassScores,
    ReferenceScore,
    read_class_scores,
    read_references,
    write_references,
)

SCORES = ClassScores(((3, 1), (0, 2)), (0.75, 1.0), (0.8571, 0.8))


def test_scores_by_class_are_read_back(tmp_path):
    assert read_class_scores(tmp_path) is None
    (tmp_path / "metrics.json").write_text(json.dumps({"metric": "map50"}))
    assert read_class_scores(tmp_path) is None, "no classifier"
    (tmp_path / "metrics.json").write_text(json.dumps({BY_CLASS: asdict(SCORES)}))
    assert read_class_scores(tmp_path) == SCORES
    assert SCORES.macro_f1 == pytest.approx((0.8571 + 0.8) / 2)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"confusion": [[1]], "recall": [1.0]}, "damaged in 'by_class'"),
        ({"confusion": [[1, 2], [3]], "recall": [1, 1], "f1": [1, 1]}, "different sizes"),
        ("good", "damaged in 'by_class'"),
    ],
)
def test_damaged_scores_are_named(content, said, tmp_path):
    (tmp_path / "metrics.json").write_text(json.dumps({BY_CLASS: content}))
    with pytest.raises(RunDirectoryError, match=said):
        read_class_scores(tmp_path)


def test_references_are_read_back_and_damage_is_named(tmp_path):
    assert read_references(tmp_path) == ()
    scores = (ReferenceScore("forest", 0.9, 0.8, 100), ReferenceScore("majority", 0.5, 0.1, 100))
    write_references(scores, tmp_path)
    assert read_references(tmp_path) == scores
    (tmp_path / "references.json").write_text('{"references": [{"name": "forest"}]}')
    with pytest.raises(RunDirectoryError, match=r"references\.json is damaged"):
        read_references(tmp_path)
