"""Published networks through our training: one epoch, read back, drawn beside the paper's."""

import csv

import numpy as np
import pytest
import torch

from experiments.paper_values import TABLE_2
from experiments.published_on_cifar10 import NETWORKS, Beginning, Row, fixed_network, leads, main, published_figure
from prototypenas.errors import ConfigurationError
from search_spaces import PUBLISHED
from tests.search_spaces.test_published_weights import released_form


def test_the_five_are_lists_of_blocks_and_others_are_refused():
    assert [len(fixed_network(name).groups) for name in NETWORKS] == [4] * 5
    with pytest.raises(ConfigurationError, match="resnet18 is no published list of blocks"):
        fixed_network("resnet18")


def test_the_figure_has_ours_and_the_papers_own_five():
    row = Row("mcunet-in0", 32, 20, 0, "random weights", 5.0, 1, 2, 0.71, 0.7)
    ours, paper = published_figure([row]).axes[0].collections
    assert np.allclose(ours.get_offsets(), [[5.0, 70.0]])
    assert np.allclose(paper.get_offsets()[:, 0], TABLE_2.mflops)


def test_leads_are_above_the_line_through_the_means_and_within_its_range():
    def row(name, mflops, accuracy, seed=0):
        return Row(name, 128, 100, seed, "random weights", mflops, 1, 2, accuracy, accuracy)

    rows = [row("a", 60.0, 0.89), row("a", 60.0, 0.91, 1), row("b", 120.0, 0.92), row("c", 150.0, 0.95)]
    found = leads(rows)
    middle = TABLE_2.accuracy["cifar10"]
    line = [90 + 2 * (70 - 60) / 60, 90 + 2 * (105 - 60) / 60, 92 + 3 * (147.5 - 120) / 30]
    assert np.allclose(found, np.array(middle[1:4]) - line)


def test_a_network_begins_with_the_released_weights(tmp_path):
    torch.manual_seed(0)
    released = PUBLISHED["mcunet-in1"].build(1000)
    torch.save({"state_dict": released_form("mcunet-in1", released.state_dict())}, tmp_path / "mcunet-in1.pth")
    fixed = fixed_network("mcunet-in1")
    begun = Beginning(fixed, tmp_path / "mcunet-in1.pth")(fixed.configuration, (3, 32, 32), 10)
    assert torch.equal(begun.stem[0][0].weight, released[0][0][0].weight)
    assert torch.equal(begun.groups[-1][-1].project[0].weight, released[1][-1].project[0].weight)
    with torch.device("meta"):
        assert Beginning(fixed, tmp_path / "missing.pth")(fixed.configuration, (3, 32, 32), 10) is not None


@pytest.mark.slow
def test_a_network_is_trained_once_and_read_back(tmp_path):
    given = ("--dataset", "digits", "--size", "16", "--epochs", "1", "--networks", "mcunet-in1", "--out", str(tmp_path))
    (row,) = main(given)
    assert (row.network, row.size) == ("mcunet-in1", 16) and 0 <= row.int8_accuracy <= 1
    metrics = tmp_path / "mcunet-in1-16px-1-random-weights-seed0" / "metrics.json"
    written = metrics.stat().st_mtime_ns
    assert main(given) == [row] and metrics.stat().st_mtime_ns == written
    with (tmp_path / "published_on_digits_16px.csv").open() as stream:
        assert next(csv.DictReader(stream))["beginning"] == "random weights"
