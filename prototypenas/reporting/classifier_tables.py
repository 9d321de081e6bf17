"""How good the classifiers are, as tables: against simple ones on the same split, and class by class."""

from collections.abc import Sequence

import numpy as np

from prototypenas.reporting.report_data import ModelResult
from prototypenas.reporting.table import ABSENT, Table
from prototypenas.runs.class_scores import ReferenceScore


def worth_table(models: Sequence[ModelResult], references: Sequence[ReferenceScore]) -> Table:
    """Accuracy and macro F1 of each model and each simple classifier, the best first; no row without `references`."""
    rows = [(one.name, one.accuracy, one.macro_f1, f"{one.training_samples:,} training samples") for one in references]
    for model in models if references else ():
        if model.evaluation is not None and model.by_class is not None:
            name = f"trial {model.candidate.number} ({model.candidate.configuration.architecture}, int8)"
            remark = f"{model.candidate.cost.footprint.rom_bytes / 1e3:,.0f} kB of flash"
            rows.append((name, model.evaluation.int8_score, model.by_class.macro_f1, remark))
    rows.sort(key=lambda row: -row[1])
    cells = tuple((name, remark, f"{100 * right:.2f}", f"{100 * macro:.2f}") for name, right, macro, remark in rows)
    return Table(("Classifier", "", "Accuracy [%]", "Macro F1 [%]"), cells, names=2)


def best_classifier(models: Sequence[ModelResult]) -> ModelResult | None:
    """Return the model of the best int8 accuracy; `None` where no classifier is trained yet."""
    trained = [model for model in models if model.evaluation is not None and model.by_class is not None]
    return max(trained, key=lambda model: model.evaluation.int8_score if model.evaluation else 0.0, default=None)


def by_class_table(model: ModelResult, classes: Sequence[str]) -> Table:
    """Recall and F1 of each class, with what it is most often taken for."""
    assert model.by_class is not None
    scores, rows = model.by_class, []
    for place, (name, counts) in enumerate(zip(classes, scores.confusion, strict=True)):
        wrong = [0 if other == place else count for other, count in enumerate(counts)]
        taken = f"{classes[wrong.index(max(wrong))]} ({max(wrong)})" if any(wrong) else ABSENT
        found = f"{100 * scores.recall[place]:.1f}" if sum(counts) else ABSENT
        rows.append((name, taken, f"{sum(counts):,}", found, f"{100 * scores.f1[place]:.1f}"))
    total = sum(map(sum, scores.confusion))
    rows.append(
        ("mean of all", "", f"{total:,}", f"{100 * np.mean(scores.recall):.1f}", f"{100 * scores.macro_f1:.1f}")
    )
    return Table(("Class", "Most often taken for", "Test samples", "Recall [%]", "F1 [%]"), tuple(rows), names=2)
