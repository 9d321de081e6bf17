"""Published networks through our training: one epoch, read back, drawn beside the paper's."""

import csv

import numpy as np
import pytest

from experiments.paper_values import TABLE_2
from experiments.published_on_cifar10 import NETWORKS, Row, fixed_network, main, published_figure
from prototypenas.errors import ConfigurationError


def test_the_five_are_lists_of_blocks_and_others_are_refused():
    assert [len(fixed_network(name).groups) for name in NETWORKS] == [4] * 5
    with pytest.raises(ConfigurationError, match="resnet18 is no published list of blocks"):
        fixed_network("resnet18")


def test_the_figure_has_ours_and_the_papers_own_five():
    row = Row("mcunet-in0", 32, 20, 0, "random weights", 5.0, 1, 2, 0.71, 0.7)
    ours, paper = published_figure([row]).axes[0].collections
    assert np.allclose(ours.get_offsets(), [[5.0, 70.0]])
    assert np.allclose(paper.get_offsets()[:, 0], TABLE_2.mflops)


@pytest.mark.slow
def test_a_network_is_trained_once_and_read_back(tmp_path):
    given = ("--dataset", "digits", "--size", "16", "--epochs", "1", "--networks", "mcunet-in1", "--out", str(tmp_path))
    (row,) = main(given)
    assert (row.network, row.size) == ("mcunet-in1", 16) and 0 <= row.int8_accuracy <= 1
    metrics = tmp_path / "mcunet-in1-16px-1-seed0" / "metrics.json"
    written = metrics.stat().st_mtime_ns
    assert main(given) == [row] and metrics.stat().st_mtime_ns == written
    with (tmp_path / "published_on_digits_16px.csv").open() as stream:
        assert next(csv.DictReader(stream))["beginning"] == "random weights"
