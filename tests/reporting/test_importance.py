import optuna
import pytest

from prototypenas.reporting.importance import FEWEST_TRIALS, FRONT, importance_figure, parameter_importance


def study(trials, seed=0):
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    made = optuna.create_study(
        directions=["minimize", "maximize", "maximize"], sampler=optuna.samplers.RandomSampler(seed)
    )

    def objective(trial):
        cost, score = trial.suggest_float("cost", 0, 1), trial.suggest_float("score", 0, 1)
        trial.suggest_float("nothing", 0, 1)
        return cost, score, 1.0

    made.optimize(objective, n_trials=trials)
    return made


def test_what_decides_an_objective_comes_first_in_both_directions():
    shares = parameter_importance(study(200))
    names = list(shares)
    assert names[0] == FRONT and len(names) == 3  # the constant objective tells nothing
    assert max(shares[names[1]], key=shares[names[1]].get) == "cost"
    assert max(shares[names[2]], key=shares[names[2]].get) == "score"
    assert all(sum(values.values()) == pytest.approx(1.0) for values in shares.values())


def test_too_few_trials_say_nothing():
    assert parameter_importance(study(FEWEST_TRIALS - 1)) == {}


def test_figure_writes_every_share():
    figure = importance_figure({"flops": {"width": 0.75, "depth": 0.25}, "meco": {"width": 0.1, "depth": 0.9}})
    texts = sorted(text.get_text() for text in figure.axes[0].texts)
    assert texts == ["10", "25", "75", "90"]
    # the parameter with the largest sum stands first
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["depth", "width"]
