import math

import pytest
import torch

from experiments.own_space_networks import Draw
from experiments.own_space_scores import scores_of, shape_features
from prototypenas.types import Configuration, GroupConfiguration
from search_spaces import IMAGE_POOL

CONFIGURATION = Configuration("mbednet", 0.5, (GroupConfiguration(kernel=3, stride=2, sparsity=0.25),) * 4)
DRAW = Draw({"mbednet": IMAGE_POOL["mbednet"]}, (3, 32, 32), 10, strata=1, flops=(0.5e6, 6e6), seed=1)


def test_known_proxies_are_not_computed_again():
    found = scores_of(CONFIGURATION, DRAW, known=("meco", "zico", "naswot", "snip"))
    assert {"channels", "seconds_channels", "sum_log_weights"} <= set(found)
    assert not {"meco", "seconds_zico"} & set(found)


def test_shape_features_are_those_of_the_network_and_leave_it_as_it_was():
    network = IMAGE_POOL["mbednet"](CONFIGURATION, (3, 32, 32), 10)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    features = shape_features(network)
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())
    assert features["depth"] == 4 and features["strided_groups"] == 4 and features["mean_kernel"] == 3
    assert features["mean_sparsity"] == 0.25
    weights = [tensor.numel() for name, tensor in network.named_parameters() if tensor.dim() > 1]
    assert features["sum_log_weights"] == pytest.approx(sum(map(math.log, weights)))
    assert features["weighted_layers"] == len(weights)
