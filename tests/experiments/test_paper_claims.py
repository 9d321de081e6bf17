import numpy as np
import pandas as pd
import pytest

from experiments import paper_claims, paper_claims_costs
from experiments.claim import Claim, Finding, markdown
from experiments.paper_claims import CLAIMS, a_proxy_beats_flops, few_trainings_pay, flops_column_reproduces, main
from experiments.paper_claims_costs import memory_fits, quantization_hurts_series
from experiments.paper_claims_rivals import (
    competitive_with_nats,
    five_percent_over_rivals,
    mcunet_at_equal_cost,
    zero_shot_is_as_good,
)
from experiments.proxyless_rival import Row


def test_the_papers_own_contradictions_are_found():
    beats = a_proxy_beats_flops().paper
    assert beats.holds is False and "10 of 11 sets; not on mafaulda" in beats.numbers
    column = flops_column_reproduces().paper
    assert column.holds is False and "9 of 11 sets" in column.numbers
    assert "pets-species" in column.numbers and "daliac" in column.numbers
    memory = memory_fits()
    assert memory.paper.holds is False and "364.7 kB in Table 2" in memory.paper.numbers
    assert memory.ours.holds is True
    mcunet = mcunet_at_equal_cost().paper
    assert mcunet.holds is True and "45 to 161 MFLOPs at 128" in mcunet.numbers and "12 to 251" in mcunet.numbers


def aggregates_of(folder, *, paper, mean, best):
    columns = ("mean_similar", "best_similar", "best_at_most", "best_unconverted", "above_70")
    rows = [(paper, mean, best, best, best + 2, 5)] * 5
    pd.DataFrame(rows, columns=["paper", *columns]).to_csv(folder / "nats_bench_by_flops.csv", index=False)


def test_leads_over_nats_bench_are_judged_at_equal_flops(tmp_path):
    aggregates_of(tmp_path, paper=95.0, mean=89.0, best=95.5)
    assert five_percent_over_rivals(tmp_path).paper.holds is True
    assert competitive_with_nats(tmp_path).paper.holds is True
    aggregates_of(tmp_path, paper=92.0, mean=89.0, best=93.5)
    assert five_percent_over_rivals(tmp_path).paper.holds is False
    near = competitive_with_nats(tmp_path).paper
    assert near.holds is False and "0 of 5" in near.numbers and "-1.5" in near.numbers and "-3.5" in near.numbers


def test_a_rival_is_compared_once_it_was_run(tmp_path):
    assert zero_shot_is_as_good(tmp_path).ours.holds is None
    rows = [
        vars(Row(arm, 50.0, seed, "net", 48.0, 1, 2, 3, 4, 0.8, score, None, 10_000, 1, 5.0, 6.0))
        for arm, scores in (("O", (0.9, 0.91, 0.92)), ("P", (0.8, 0.81, 0.82)))
        for seed, score in enumerate(scores)
    ]
    pd.DataFrame(rows).to_csv(tmp_path / "proxyless_rival_core.csv", index=False)
    found = zero_shot_is_as_good(tmp_path).ours
    assert found.holds is False and "+10.00 +- 0.00 points" in found.numbers


def test_quantization_is_judged_by_its_mean_drop(tmp_path):
    pd.DataFrame({"network": [0.5, 0.6], "network_int8": [0.49, 0.6]}).to_csv(tmp_path / "sisfall.csv", index=False)
    assert quantization_hurts_series(tmp_path).ours.holds is False
    pairs = pd.DataFrame({"unquantized": [0.9, 0.9], "ptq": [0.8, 0.9], "qat": [0.9, 0.89]})
    pairs.to_csv(tmp_path / "ptq_against_qat.csv", index=False)
    found = quantization_hurts_series(tmp_path).ours
    assert found.holds is True and "5.0 after training, 0.5 with aware epochs" in found.numbers


def test_a_pair_counts_only_where_both_sides_were_trained(tmp_path):
    rows = pd.DataFrame(
        [
            (0, "selection", 0.5),
            (0, "selection", 0.7),
            (0, "random", 0.6),
            (1, "selection", "not finished"),
            (1, "random", 0.9),
        ],
        columns=["seed", "strategy", "int8_accuracy"],
    )
    for data in ("cifar10", "digits"):
        rows.to_csv(tmp_path / f"random_baseline_{data}.csv", index=False)
    found = few_trainings_pay(tmp_path).ours
    assert found.holds is True and "cifar10: +10.0 points" in found.numbers


def test_a_verdict_is_printed_in_words():
    text = markdown([Claim("Words", "1", Finding(True, "3 of 3"), Finding(None, ""))])
    assert text.splitlines()[-1] == "| Words | 1 | **holds**: 3 of 3 | **not run** |"


def test_the_command_prints_every_claim_once(capsys, monkeypatch):
    monkeypatch.setattr(paper_claims, "DRAWS", 1)
    monkeypatch.setattr(paper_claims_costs, "DRAWS", 1)
    main([])
    lines = capsys.readouterr().out.strip().splitlines()
    assert len(lines) == 2 + len(CLAIMS)
    assert all(line.count("|") == 5 for line in lines)


def test_an_unscored_network_ranks_last():
    filled = paper_claims._filled(pd.Series([1.0, np.nan, -3.0]))
    assert filled.argmin() == 1 and np.isfinite(filled).all()
    assert pytest.approx(filled[1]) == -4.0
