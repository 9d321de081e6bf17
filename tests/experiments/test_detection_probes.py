from dataclasses import replace

import numpy as np
import pytest
import torch

from evaluators.datasets.digits_scattered import ScatteredDigits
from experiments.detection_probes import COLUMNS, PROXY_NAMES, Study, drawn, read_rows, summary, table


@pytest.fixture(scope="module")
def study():
    data = ScatteredDigits().load(input_shape=(1, 32, 32))
    # So many that no batch of the probe has a picture twice, on which NASWOT has no score.
    some = replace(data, train=data.train.at(torch.arange(120)), test=data.test.at(torch.arange(6)))
    return Study.of(some, epochs=1, seed=4)


@pytest.mark.slow
def test_detectors_are_scored_on_both_probes_and_the_first_trained(study, tmp_path):
    path = tmp_path / "probes.csv"
    rows = table(study, candidates=3, trained=1, path=path)
    assert [row.get("map50", "") != "" for row in rows] == [True, False, False]
    assert np.isfinite([[float(row[name]) for name in COLUMNS[4:]] for row in rows]).all()
    assert all(row["mflops"] <= 20 for row in rows)
    # Shapes alone rank alike on both; what is computed from the loss does not give the same numbers.
    assert all(
        row["params_noise"] == row["params_pictures"] and row["snip_noise"] != row["snip_pictures"] for row in rows
    )
    lines = summary(rows)
    assert len(lines) == 2 + len(PROXY_NAMES) and "flops      +1.000" in lines[-1]
    again = read_rows(path)
    assert list(again[0]) == list(COLUMNS)
    assert [row["snip_pictures"] for row in again] == [row["snip_pictures"] for row in rows]


def test_a_second_call_makes_only_what_is_missing(study, tmp_path, monkeypatch):
    path = tmp_path / "probes.csv"
    first = table(study, candidates=1, trained=0, path=path)
    monkeypatch.setattr(Study, "scored", lambda *_: pytest.fail("scored twice"))
    monkeypatch.setattr(Study, "trained", lambda *_: 0.5)
    second = table(study, candidates=1, trained=1, path=path)
    assert [row["map50"] for row in second] == [0.5]
    assert [row["zico_noise"] for row in second] == [row["zico_noise"] for row in first]
    assert [row["map50"] for row in read_rows(path)] == [0.5]


def test_the_same_seed_draws_the_same_detectors():
    def some(seed):
        return [configuration for (_, configuration), _ in zip(drawn(seed), range(6), strict=False)]

    assert some(1) == some(1) != some(2)
