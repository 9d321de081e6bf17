import numpy as np
import pandas as pd
import pytest

from experiments.own_space import load, load_trainings
from experiments.refinement_on_own_space import DEFAULT_ENSEMBLE, KEEP, by_estimates, main, refined


@pytest.fixture(scope="module")
def drawn() -> pd.DataFrame:
    trained = load_trainings("digits")
    first = trained[(trained["schedule"] == "short") & (trained["seed"] == 0)]
    seconds = first.pivot(index="network", columns="epoch", values="cpu_seconds").add_prefix("seconds_")
    return load("digits").merge(seconds, left_on="network", right_index=True).iloc[:20]


def test_more_seconds_let_more_enter_and_none_is_judged_by_its_last_epoch(drawn):
    few, many = (refined(drawn, seconds, watched=537, epochs=6) for seconds in (10.0, 60.0))
    assert 2 <= len(few) < len(many) <= 20
    blind = drawn.assign(accuracy=np.nan, accuracy_6=np.nan, loss_6=np.nan, seconds_6=np.nan)
    assert refined(blind, 60.0, watched=537, epochs=6) == many
    assert refined(drawn, 0.1, watched=537, epochs=6) == ()


def test_the_best_estimate_is_among_the_chosen(drawn):
    found = refined(drawn, 1e6, watched=537, epochs=6)
    chosen = by_estimates(drawn, found)
    assert 1 < len(chosen) <= KEEP
    assert max(found, key=lambda one: one.cautious).candidate in chosen
    assert set(by_estimates(drawn, found, proxies=DEFAULT_ENSEMBLE)) <= {one.candidate for one in found}


def test_the_command_prints_every_way(capsys):
    main(["--data", "digits", "--seconds", "40", "--draws", "1"])
    printed = capsys.readouterr().out
    for way in ("no refinement", "40 s, estimates alone", "40 s, proxies and estimates"):
        assert f"| {way} |" in printed
