"""Equal budgets and verdicts by rule; two arms once, much smaller than any tier."""

from dataclasses import replace

import numpy as np
import pytest

from evaluators.proxyless import search_plan
from experiments import proxyless_rival, rival_arms
from experiments.proxyless_rival import PRESETS, TIERS, Row, difference, main, rival_figure, verdict
from experiments.rival_arms import Contest, Meter, random_paths
from prototypenas.costing.targets import load_targets
from search_spaces.proxyless_supernet import SUPERNETS
from tests.evaluators.proxyless.planted import few_digits


def row(arm: str, accuracy: float, *, seed: int = 0, latency: float = 48.0) -> Row:
    return Row(arm, 50.0, seed, "net", latency, 1, 2, 3, 4, accuracy, accuracy, accuracy, 10_000, 1, 5.0, 6.0)


def test_a_difference_is_told_where_the_interval_leaves_out_zero():
    far = [row("O", 0.80 + 0.001 * seed, seed=seed) for seed in range(3)]
    far += [row("P", 0.90 - 0.001 * seed, seed=seed) for seed in range(3)]
    mean, width = difference(far, "O", "P")
    assert mean == pytest.approx(-9.8) and width == pytest.approx(4.303 * 0.2 / 3**0.5, rel=1e-3)
    assert verdict(far).endswith("PrototypeNAS is more accurate")
    near = [row("O", 0.80, seed=0), row("O", 0.90, seed=1), row("P", 0.85, seed=0), row("P", 0.84, seed=1)]
    assert verdict(near).endswith("no difference found")


def test_one_seed_is_judged_by_the_errors_of_its_test_samples():
    mean, width = difference([row("O", 0.9), row("P", 0.8)], "O", "P")
    assert mean == pytest.approx(10) and width == pytest.approx(196 * ((0.09 + 0.16) / 10_000) ** 0.5)
    late = verdict([row("O", 0.9, latency=51.0), row("P", 0.8)])
    assert "ProxylessNAS is more accurate; over the bound: O of seed 0" in late


def test_the_figure_has_a_colour_an_arm():
    drawn = rival_figure([row("O", 0.9), row("P", 0.8), row("P", 0.7, seed=1)]).axes[0].collections
    assert np.allclose(drawn[1].get_offsets(), [[48.0, 80.0], [48.0, 70.0]])


def test_every_bound_has_its_supernet_and_every_tier_the_two_that_are_compared():
    for tier in TIERS.values():
        assert {PRESETS[bound] for bound in tier.bounds_ms} <= set(SUPERNETS)
        assert tier.arms[:1] == ("O",) and "P" in tier.arms


def test_processor_time_adds_up_over_sessions(tmp_path):
    for _ in range(2):
        with Meter(tmp_path / "spent.json").measuring("search"):
            sum(range(100_000))
    meter = Meter(tmp_path / "spent.json")
    assert meter.seconds() == meter.seconds("search") > 0 == meter.seconds("training")


def test_random_paths_are_near_the_searched_one_and_never_drawn_twice(tmp_path):
    evaluator = replace(proxyless_rival.evaluator_of(TIERS["smoke"], None), task=few_digits())
    contest = Contest(evaluator, load_targets()["stm32f746"], 10.0, "tiny", 0, tmp_path, 0, 2, 8)
    paths = random_paths(contest, 9.8)
    found = [next(paths) for _ in range(4)]
    assert all(0.95 * 9.8 <= one.latency_ms <= 10.0 for one in found) and len({one.name for one in found}) == 4


@pytest.mark.slow
def test_two_arms_are_trained_once_and_read_back(tmp_path, monkeypatch):
    small = replace(TIERS["smoke"], epochs=1, arms=("O", "P"))
    monkeypatch.setattr(proxyless_rival, "TIERS", {"smoke": small})
    monkeypatch.setattr(proxyless_rival, "MOST_CANDIDATES", 1)
    monkeypatch.setattr(rival_arms, "SEARCHES", 1)
    monkeypatch.setattr(search_plan, "STEPS_OF_EPOCH", 4)
    monkeypatch.setattr(search_plan, "SMALLEST_BATCH", 128)
    rows = main(["--out", str(tmp_path)])
    assert [one.arm for one in rows] == ["O", "P"]
    assert all(one.c_accuracy in (None, one.int8_accuracy) and one.seconds > 0 for one in rows)
    assert all(one.latency_ms <= 10.0 for one in rows[1:])
    assert main(["--out", str(tmp_path)]) == rows
    assert len((tmp_path / "proxyless_rival_smoke.csv").read_text().splitlines()) == 3
