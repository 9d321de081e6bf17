from dataclasses import replace

from prototypenas.objectives import COSTS
from prototypenas.reporting.comparison import ComparedRun, models_table, search_table, settings_table


def runs_of(full_report):
    objectives = full_report.selection.objectives
    settings, models = {"trials": 100, "seed": 0, "plugin": []}, full_report.models
    first = ComparedRun("first", settings, objectives, full_report.candidates, models)
    fewer = full_report.candidates[: len(full_report.candidates) // 2]
    return first, ComparedRun("second", {"trials": 50, "seed": 0, "plugin": ["x"]}, objectives, fewer, models[:1])


def test_only_settings_that_differ_are_shown(full_report):
    first, second = runs_of(full_report)
    assert settings_table((first, second)).rows == (("trials", "100", "50"), ("plugin", "–", "x"))
    assert settings_table((first, first)).rows == ()


def test_more_candidates_cover_at_least_as_much_of_a_common_scale(full_report):
    first, second = runs_of(full_report)
    table = search_table((first, second))
    (name, *volumes), *_ = [row for row in table.rows if row[0].startswith("hypervolume")]
    assert name == "hypervolume over MFLOPs, MeCo, ZiCo, mine<&>"
    assert 0 < float(volumes[1]) <= float(volumes[0])


def test_a_hypervolume_needs_objectives_that_both_runs_have(full_report):
    first, second = runs_of(full_report)
    rows = search_table((first, replace(second, objectives=(COSTS["latency"], *second.objectives[:1])))).rows
    assert [row[0] for row in rows] == ["candidates", "of them fit"]


def test_models_that_another_run_beats_are_counted(full_report):
    first, _ = runs_of(full_report)
    worse = [
        replace(model, evaluation=replace(model.evaluation, int8_score=model.evaluation.int8_score - 0.1))
        for model in full_report.models
    ]
    table = models_table((first, ComparedRun("worse", {}, first.objectives, full_report.candidates, tuple(worse))))
    beaten = {(row[0], row[1]): int(row[-1]) for row in table.rows}
    for model in full_report.models:
        number = str(model.candidate.number)
        assert beaten["first", number] == 0
        assert beaten["worse", number] >= 1
