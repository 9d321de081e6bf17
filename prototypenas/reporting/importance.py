"""Which searched values decide an objective: Optuna's PED-ANOVA on the candidates of a run."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import optuna
from matplotlib.figure import Figure
from optuna.importance import PedAnovaImportanceEvaluator
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial

from prototypenas.exploration.optuna_sampler import distributions, quiet
from prototypenas.exploration.space import SearchSpace
from prototypenas.objectives import Objective, label_of
from prototypenas.reporting.drawing import CELL_INK, house_style
from prototypenas.reporting.front_figures import thinned
from prototypenas.types import Explored, Scored

FEWEST_TRIALS = 40
"""Scored trials below which an importance would be noise: the best tenth would be fewer than four."""

MOST_TRIALS = 1000
"""Scored trials that are looked at, evenly over their order: time and memory grow with the square of their number."""

FRONT = "Pareto front"
"""Name of the column that tells what decides whether a candidate comes near the front at all."""


def parameter_importance(
    candidates: Sequence[Explored], space: SearchSpace, objectives: Sequence[Objective]
) -> dict[str, dict[str, float]]:
    """Return each objective's importance of each parameter, as shares that sum to 1; first that of the whole front.

    The importance is that for reaching the best tenth. Empty where fewer than `FEWEST_TRIALS` candidates were scored;
    an objective that is constant is left out.
    """
    scored = thinned([candidate for candidate in candidates if isinstance(candidate, Scored)], MOST_TRIALS)
    if len(scored) < FEWEST_TRIALS:
        return {}
    with quiet():
        study = optuna.create_study(directions=[StudyDirection.MINIMIZE] * len(objectives))
    known = distributions(space)
    values = [[one.oriented(one.value(candidate)) for one in objectives] for candidate in scored]
    study.add_trials(
        [
            optuna.trial.create_trial(values=found, params=space.values(one.configuration), distributions=known)
            for one, found in zip(scored, values, strict=True)
        ]
    )
    shares = {FRONT: _importance(study, None)}
    for place, objective in enumerate(objectives):
        if len({found[place] for found in values}) > 1:
            shares[objective.name] = _importance(study, partial(_value, place))
    return shares


def importance_figure(importance: Mapping[str, Mapping[str, float]]) -> Figure:
    """Draw the importances as a shaded table: a row a parameter, a column an objective."""
    objectives = list(importance)
    totals: dict[str, float] = {}
    for shares in importance.values():
        for name, share in shares.items():
            totals[name] = totals.get(name, 0.0) + share
    parameters = sorted(totals, key=lambda name: -totals[name])
    table = np.array([[importance[objective].get(name, 0.0) for objective in objectives] for name in parameters])
    with house_style():
        figure = Figure(figsize=(1.2 * len(objectives) + 2.6, 0.32 * len(parameters) + 0.9), layout="constrained")
        axes = figure.subplots()
        axes.grid(visible=False)
        strongest = max(0.4, float(table.max()))
        # Rectangles, not an image: an image would be the one picture of the page that is not lines and letters.
        axes.pcolormesh(table, cmap="Blues", vmin=0.0, vmax=strongest, edgecolors="white", linewidth=1.0)
        axes.invert_yaxis()
        axes.set_xticks(np.arange(len(objectives)) + 0.5, [label_of(name) for name in objectives])
        axes.set_yticks(np.arange(len(parameters)) + 0.5, parameters)
        axes.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
        for (row, column), share in np.ndenumerate(table):
            colour = "white" if share > 0.6 * strongest else CELL_INK
            axes.text(
                column + 0.5, row + 0.5, f"{100 * share:.0f}", ha="center", va="center", fontsize=8.5, color=colour
            )
    return figure


def _value(place: int, trial: FrozenTrial) -> float:
    return float(trial.values[place])


def _importance(study: optuna.Study, target: Callable[[FrozenTrial], float] | None) -> dict[str, float]:
    with warnings.catch_warnings():
        # Optuna reminds that lower targets count as better, which they are here.
        warnings.simplefilter("ignore", UserWarning)
        return optuna.importance.get_param_importances(study, evaluator=PedAnovaImportanceEvaluator(), target=target)
