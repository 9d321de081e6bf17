import numpy as np
import pandas as pd
import pytest

from experiments import paper_claims
from experiments.paper_claims import (
    CLAIMS,
    Claim,
    Finding,
    a_proxy_beats_flops,
    few_trainings_pay,
    flops_column_reproduces,
    main,
    markdown,
    ram_is_similar,
    rom_fits,
)


def test_the_papers_own_contradictions_are_found():
    beats = a_proxy_beats_flops().paper
    assert beats.holds is False and "10 of 11 sets; not on mafaulda" in beats.numbers
    column = flops_column_reproduces().paper
    assert column.holds is False and "9 of 11 sets" in column.numbers
    assert "pets-species" in column.numbers and "daliac" in column.numbers
    similar = ram_is_similar().paper
    assert similar.holds is False and "3.26" in similar.numbers and "1.03" in similar.numbers
    assert rom_fits().paper.holds is True


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
    main([])
    lines = capsys.readouterr().out.strip().splitlines()
    assert len(lines) == 2 + len(CLAIMS)
    assert all(line.count("|") == 5 for line in lines)


def test_an_unscored_network_ranks_last():
    filled = paper_claims._filled(pd.Series([1.0, np.nan, -3.0]))
    assert filled.argmin() == 1 and np.isfinite(filled).all()
    assert pytest.approx(filled[1]) == -4.0
