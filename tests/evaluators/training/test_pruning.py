import torch

from evaluators.classification import ClassificationTask
from evaluators.training.pruning import build_optimizer, carry_momentum, cut_channels, momentum_by_name
from prototypenas.compression.pruning import Importance
from search_spaces.mbednet import build_mbednet


def test_the_kept_channels_keep_their_momentum(few_digits, tiny_configuration):
    network = build_mbednet(tiny_configuration.unpruned(), few_digits.input_shape, 10)
    built = build_mbednet(tiny_configuration, few_digits.input_shape, 10)
    optimizer = build_optimizer(network, learning_rate=0.1, momentum=0.9, weight_decay=0.0)
    network(few_digits.prepared(few_digits.train.inputs[:8])).sum().backward()
    optimizer.step()
    before = momentum_by_name(optimizer, network)
    for parameter, buffer in zip(network.parameters(), before.values(), strict=True):
        # The momentum becomes a copy of the weights, so both must be cut alike.
        buffer.copy_(parameter.detach())
    target = {dimension.name: dimension.kept for dimension in built.dimensions}
    cut = cut_channels(network, target, ClassificationTask(few_digits), Importance.MAGNITUDE)
    carry_momentum(optimizer, network, before, cut)
    after = momentum_by_name(optimizer, network)
    for name, parameter in network.named_parameters():
        assert torch.equal(after[name], parameter)
        assert parameter.shape == built.get_parameter(name).shape
    owned = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    assert owned == {id(parameter) for parameter in network.parameters()}
    network(few_digits.prepared(few_digits.train.inputs[:8])).sum().backward()
    optimizer.step()


def test_biases_and_normalisation_do_not_decay(few_digits, tiny_configuration):
    network = build_mbednet(tiny_configuration, few_digits.input_shape, 10)
    optimizer = build_optimizer(network, learning_rate=0.1, momentum=0.9, weight_decay=0.3)
    decay = {id(parameter): group["weight_decay"] for group in optimizer.param_groups for parameter in group["params"]}
    for name, parameter in network.named_parameters():
        assert decay[id(parameter)] == (0.0 if parameter.dim() == 1 else 0.3), name
