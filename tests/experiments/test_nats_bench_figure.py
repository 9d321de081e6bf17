"""Fig. 6(b): units, joins and what the paper's five are compared with."""

import numpy as np
import pandas as pd
import pytest
import torch

from experiments.nats_bench_cells import build_size_network
from experiments.nats_bench_figure import (
    AGGREGATES,
    aggregates,
    joined,
    nats_figure,
    read_size_space,
    size_macs,
)
from experiments.own_space import RESULTS
from experiments.paper_values import TABLE_2
from prototypenas.errors import DatasetError
from prototypenas.graph.lowering import lower

PLAIN = "|skip_connect~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|"
SAME = "|skip_connect~0|+|skip_connect~0|none~1|+|skip_connect~0|none~1|none~2|"


def table_of(accuracies, mflops, ram=10_000, rom=20_000):
    return pd.DataFrame(
        {
            "accuracy": accuracies,
            "mflops": mflops,
            "published_mflops": mflops,
            "ram_bytes": ram,
            "rom_bytes": rom,
        }
    )


def test_isomorphic_cells_share_a_price_and_a_missing_one_is_told():
    cells = pd.DataFrame(
        {"index": [0, 1], "arch_str": [PLAIN, SAME], "unique_str": ["a", "a"], "cifar10_test_200": [80.0, 81.0]}
    )
    prices = pd.DataFrame({"index": [0], "macs": [10**6], "published_macs": [1], "ram_bytes": [5], "rom_bytes": [6]})
    found = joined(cells, prices)
    assert found["mflops"].tolist() == [2.0, 2.0] and found["accuracy"].tolist() == [80.0, 81.0]
    with pytest.raises(DatasetError, match="2 of 2 cells have no price"):
        joined(cells, prices[:0])


def test_networks_are_compared_at_equal_flops_and_at_mistaken_ones():
    mflops = [TABLE_2.mflops[0] * share for share in (0.95, 1.05, 1.9, 1.05)]
    found = aggregates(table_of([90.0, 94.0, 95.0, 60.0], mflops)).iloc[0]
    assert (found["similar"], found["mean_similar"], found["best_similar"]) == (3, 92.0, 94.0)
    assert (found["best_at_most"], found["best_unconverted"]) == (90.0, 95.0)


@pytest.mark.parametrize("widths", [(8, 8, 8, 8, 8), (8, 8, 16, 40, 40), (16, 24, 32, 8, 64)])
def test_a_size_network_has_the_operations_of_its_graph(widths):
    with torch.device("meta"):
        graph = lower(build_size_network(widths, 10), (3, 32, 32))
    last_normalisation = widths[-1] * 8 * 8
    assert size_macs(widths) + last_normalisation == sum(one.macs(graph.tensors) for one in graph.operators)


def test_the_size_space_is_read_and_other_files_are_refused(tmp_path):
    file = tmp_path / "sizes.csv"
    file.write_text("channels,accuracy\n8:8:8:8:8,72.5\n")
    assert read_size_space(file)["mflops"].tolist() == [2e-6 * size_macs((8,) * 5)]
    for text in ("channels\n8:8:8:8:8\n", "channels,accuracy\n8:8:8,80\n", "channels,accuracy\n8:8:8:8:8,0.8\n"):
        file.write_text(text)
        with pytest.raises(DatasetError):
            read_size_space(file)


def test_the_figure_leaves_out_the_weak_and_greys_what_does_not_fit():
    table = table_of([60.0, 80.0, 90.0], [1.0, 2.0, 3.0], rom=[1, 1, 10**8])
    figure = nats_figure(table, table[["accuracy", "mflops", "published_mflops"]])
    fitting, grey, sizes, paper = figure.axes[0].collections
    assert np.allclose(fitting.get_offsets(), [[2.0, 80.0]]) and np.allclose(grey.get_offsets(), [[3.0, 90.0]])
    assert len(sizes.get_offsets()) == 2 and np.allclose(paper.get_offsets()[:, 0], TABLE_2.mflops)


def test_the_committed_prices_are_of_all_networks_and_near_the_published_figure():
    prices = pd.read_csv(RESULTS / "nats_bench_prices.csv.gz")
    assert len(prices) == 6466 and prices["index"].is_unique and prices.notna().all().all()
    assert (prices["macs"] <= 1.001 * prices["published_macs"]).all()
    best = prices[prices["published_macs"] == 153_272_960]["macs"]
    assert ((best / 153.27e6 - 1).abs() < 1e-3).any()
    assert len(pd.read_csv(RESULTS / AGGREGATES)) == 5
