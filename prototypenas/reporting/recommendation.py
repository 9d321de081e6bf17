"""Which of the chosen models to flash, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

from prototypenas.reporting.report_data import ModelResult
from prototypenas.types import Evaluation, metric_name

PRINTED_ALIKE = 0.0005
"""Scores closer than this are nearly always the same in print, to a tenth of a point."""


@dataclass(frozen=True)
class Recommendation:
    """One of the trained models, and the reason in words that follow on "because"."""

    model: ModelResult
    reason: str


def recommend(models: Sequence[ModelResult]) -> Recommendation | None:
    """Return the quickest of the models that are as accurate in int8 as the test can tell; `None` if none is trained.

    As accurate is what lies within one standard error of the best: with n test samples and an accuracy of p that is
    `sqrt(p * (1 - p) / n)`. Other scores than the accuracy have no such error: of them those count as equal that are
    printed alike. All chosen models fit the target, so that fitting is no reason.
    """
    trained = [(model, model.evaluation) for model in models if model.evaluation is not None]
    if not trained:
        return None
    best, score = max(trained, key=lambda pair: (pair[1].int8_score, -_cost(pair[0])))
    level = score.int8_score - max(score.standard_error, PRINTED_ALIKE)
    equals = [pair for pair in trained if pair[1].int8_score >= level]
    model, _ = min(equals, key=lambda pair: (_cost(pair[0]), -pair[1].int8_score))
    if len(trained) == 1:
        return Recommendation(model, "it is the only one that was trained")
    if model is not best:
        return Recommendation(model, _as_good(model, best, score))
    if len(equals) > 1:
        return Recommendation(
            model,
            f"it has the best int8 {metric_name(score.metric)}, {_percent(score.int8_score)} %, and is the quickest "
            f"of the {len(equals)} that {score.test_samples:,} test samples cannot tell apart",
        )
    second = max(other.int8_score for one, other in trained if one is not best)
    return Recommendation(
        model,
        f"it has the best int8 {metric_name(score.metric)}, {_percent(score.int8_score)} %, "
        f"{100 * (score.int8_score - second):.1f} points above the next",
    )


def _as_good(model: ModelResult, best: ModelResult, score: Evaluation) -> str:
    assert model.evaluation is not None
    times = _cost(best) / _cost(model)
    return (
        f"{score.test_samples:,} test samples cannot tell its int8 {metric_name(score.metric)} of "
        f"{_percent(model.evaluation.int8_score)} % from the {_percent(score.int8_score)} % of trial "
        f"{best.candidate.number}, and it is {times:.1f} times as quick"
    )


def _cost(model: ModelResult) -> float:
    """Return the estimated latency, or the operations where no timing calibrates the core."""
    return float(model.candidate.cost.macs) if model.latency is None else model.latency.latency_ms


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"
