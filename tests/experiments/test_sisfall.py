import numpy as np
import torch

from evaluators.datasets.samples import Samples, assembled
from experiments.sisfall import (
    NETWORK,
    MeanAndMaximum,
    Row,
    build_network,
    forest_accuracy,
    summary,
    window_statistics,
)
from prototypenas.graph.lowering import lower


def waves(count: int) -> Samples:
    """Two classes that differ in the deviation of their second channel alone."""
    labels = torch.arange(count) % 2
    inputs = torch.randn(count, 2, 30, generator=torch.Generator().manual_seed(count))
    inputs[:, 1] *= (1 + 3 * labels)[:, None]
    return Samples(inputs, labels)


def test_the_statistics_are_those_of_each_channel_of_each_window():
    samples = waves(6)
    values = window_statistics(samples)
    assert values.shape == (6, 10)
    window = samples.inputs[4, 1].double().numpy()
    expected = [window.mean(), window.std(ddof=1), window.min(), window.max(), np.abs(np.diff(window)).mean()]
    assert np.allclose(values[4, 1::2], expected)


def test_the_forest_learns_what_the_statistics_tell_and_nothing_from_shuffled_labels():
    train, test = waves(200), waves(100)
    data = assembled("waves", ["calm", "wild"], train, test, split="made up")
    assert forest_accuracy(data, seed=0) > 0.95
    shuffled = Samples(train.inputs, train.targets[torch.randperm(200, generator=torch.Generator().manual_seed(0))])
    assert forest_accuracy(assembled("w", ["a", "b"], shuffled, test, split="made up"), seed=0) < 0.75


def test_mean_and_maximum_over_time_stand_side_by_side():
    features = torch.randn(4, 3, 8, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(MeanAndMaximum()(features), torch.cat([features.mean(2), features.amax(2)], dim=1))


def test_the_network_can_be_deployed_and_fits_a_microcontroller():
    network = build_network(NETWORK, (9, 512), 34).eval()
    assert network(torch.zeros(2, 9, 512)).shape == (2, 34)
    assert [dimension.kept for dimension in network.dimensions] == [32, 48, 64, 96, 128]
    graph = lower(network, (9, 512))
    assert sum(operator.weight.size for operator in graph.operators if hasattr(operator, "weight")) < 256 * 1024


def test_the_summary_gives_the_lead_over_subjects():
    rows = [Row("SA01", 0.4, 0.45, 0.44), Row("SA02", 0.5, 0.49, 0.5)]
    assert summary(rows) == (
        "mean of 2: forest 45.00 %, network 47.00 %, int8 47.00 %; "
        "the network leads by 2.0 +- 4.2 points, on 1 of 2 subjects"
    )
    assert "leads by 5.0 points, on 1 of 1" in summary(rows[:1])
