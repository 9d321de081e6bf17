import numpy as np
import pytest

from experiments import ranking_on_own_space
from experiments.ranking_on_own_space import interval, main, partial_spearman, within_families


def test_a_partial_correlation_takes_out_what_flops_say():
    rng = np.random.default_rng(0)
    flops, other = rng.normal(size=200), rng.normal(size=200)
    assert partial_spearman(flops, flops, flops) == 0.0
    assert partial_spearman(other, flops + 2 * other, flops) > 0.8
    assert abs(partial_spearman(flops + 1e-3 * other, flops + rng.normal(size=200), flops)) < 0.25


def test_within_families_is_blind_to_differences_between_them():
    family = np.array([0, 0, 0, 1, 1, 1])
    accuracy = np.array([1.0, 2, 3, 11, 12, 13])
    assert within_families(np.array([3.0, 2, 1, 13, 12, 11]), accuracy, family) == -1.0
    assert within_families(np.ones(6), accuracy, family) == 0.0


def test_an_interval_encloses_the_mean():
    values = np.random.default_rng(0).normal(5, 1, 50)
    low, high = interval(values)
    assert low < values.mean() < high and high - low < 1


def test_the_command_prints_and_writes_every_rule(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(ranking_on_own_space, "learnt_scores", lambda table, others: {})
    main(["--data", "digits", "--draws", "1", "--resamples", "3", "--out", str(tmp_path)])
    printed = capsys.readouterr().out
    for name in ("default preset", "paper's rule", "FLOPs quantiles", "random", "held-out accuracy after epoch 1"):
        assert name in printed
    assert (tmp_path / "ranking_digits.csv").read_text().count("\n") > 30
    assert "share" in (tmp_path / "choosing_digits.csv").read_text()


def test_unknown_data_are_refused(capsys):
    with pytest.raises(SystemExit):
        main(["--data", "mnist"])
    assert "invalid choice" in capsys.readouterr().err
