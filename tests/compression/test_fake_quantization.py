import copy

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from prototypenas.compression.calibration import calibrate, min_max_range
from prototypenas.compression.fake_quantization import FakeQuantizedNetwork
from prototypenas.compression.float_execution import float_outputs
from prototypenas.compression.layer_noise import signal_to_noise_db
from prototypenas.compression.quantization import quantize
from prototypenas.compression.ranges import Range
from prototypenas.compression.simulator import quantize_input, simulate, simulated_logits


@pytest.fixture
def network(float_graph, data):
    ranges = calibrate(float_graph, [data(float_graph, 64)], observer=min_max_range)
    return FakeQuantizedNetwork(float_graph, ranges)


def train(network, inputs, steps, rate=0.02, targets=None):
    targets = torch.arange(len(inputs)) % 4 if targets is None else targets
    optimizer = torch.optim.SGD(network.parameters(), lr=rate, momentum=0.9)
    losses = []
    network.train()
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.cross_entropy(network(inputs), targets)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def assert_equals_simulator(network, inputs):
    graph = quantize(network.to_float_graph(), network.ranges())
    expected = simulate(graph, quantize_input(graph, inputs.numpy()), every_layer=True)
    found = network.layers(inputs)
    for name, values in expected.items():
        assert np.array_equal(found[name].permute(0, 2, 3, 1).numpy(), values), name
    assert np.array_equal(network.eval()(inputs).numpy(), simulated_logits(graph, inputs.numpy()))


def test_evaluation_equals_the_simulator_in_every_layer(network, data):
    assert_equals_simulator(network, data(network.graph, 8, seed=3))


def test_it_still_equals_after_training(network, data):
    train(network, data(network.graph), 5)
    assert_equals_simulator(network, data(network.graph, 8, seed=3))


def test_fresh_network_is_the_quantized_graph(float_graph, data):
    ranges = calibrate(float_graph, [data(float_graph)])
    inputs = data(float_graph, 8, seed=3)
    network = FakeQuantizedNetwork(float_graph, ranges).eval()
    expected = simulated_logits(quantize(float_graph, ranges), inputs.numpy())
    assert np.array_equal(network(inputs).numpy(), expected)


def test_training_arithmetic_is_close_to_evaluation(network, data):
    inputs = data(network.graph, 32, seed=3)
    network.freeze_ranges()
    trained = network.train()(inputs).detach().numpy()
    evaluated = network.eval()(inputs).numpy()
    real = float_outputs(network.graph, inputs)[0].numpy()
    assert signal_to_noise_db(evaluated, trained) > signal_to_noise_db(real, evaluated) + 6
    assert signal_to_noise_db(evaluated, trained) > 35


def test_evaluation_notices_every_change_of_weights(network, data):
    inputs = data(network.graph, 4)
    before = network.eval()(inputs)
    with torch.no_grad():
        network.biases[-1].add_(1.0)
    assert not torch.equal(network(inputs), before)
    other = copy.deepcopy(network)
    with torch.no_grad():
        other.weights[0].zero_()
    network.load_state_dict(other.state_dict())
    assert torch.equal(network(inputs), other(inputs))
    network.weights[0].data.fill_(0.1)
    assert not torch.equal(network.eval()(inputs), other(inputs))


def test_training_lowers_the_loss(network, data):
    inputs = data(network.graph, 32)
    losses = train(network, inputs, 60)
    assert losses[-1] < 0.6 * losses[0]
    network.eval()
    assert F.cross_entropy(network(inputs), torch.arange(32) % 4).item() < 0.7 * losses[0]


def test_training_repairs_what_a_narrow_range_broke(network, data):
    inputs = data(network.graph, 64)
    with torch.no_grad():
        target = float_outputs(network.graph, inputs)[0]
        network.upper[1:] *= 0.4
    network.freeze_ranges()
    before = F.mse_loss(network.eval()(inputs), target).item()
    optimizer = torch.optim.Adam(network.train().parameters(), lr=0.01)
    for _ in range(80):
        optimizer.zero_grad()
        F.mse_loss(network(inputs), target).backward()
        optimizer.step()
    assert F.mse_loss(network.eval()(inputs), target).item() < 0.7 * before


def test_ranges_follow_the_data_until_frozen(network, data):
    larger = data(network.graph) * 5
    before = network.ranges()[network.graph.input]
    network.train()(larger)
    grown = network.ranges()
    assert grown[network.graph.input].upper > before.upper
    network.freeze_ranges()
    network(larger * 5)
    assert network.ranges() == grown
    network.eval()(larger)
    assert network.ranges() == grown


def test_gradients_pass_straight_through_inside_the_range_only(builder):
    build = builder((1, 1, 3), 0)
    graph = build.graph(build.requantize("y", "x"))
    network = FakeQuantizedNetwork(graph, dict.fromkeys("xy", Range(-1.0, 1.0))).train()
    network.freeze_ranges()
    inputs = torch.tensor([[[[-0.513, 0.227, 7.0]]]], requires_grad=True)
    network(inputs).sum().backward()
    assert inputs.grad.flatten().tolist() == [1.0, 1.0, 0.0]


def test_state_returns_with_frozen_ranges(network, data):
    inputs = data(network.graph, 4)
    other = copy.deepcopy(network)
    train(network, inputs, 3)
    network.freeze_ranges()
    other.load_state_dict(copy.deepcopy(network.state_dict()))
    assert other.ranges_frozen and other.ranges() == network.ranges()
    assert torch.equal(other.eval()(inputs), network.eval()(inputs))


def test_mixed_precision_training_keeps_float32(network, data):
    inputs = data(network.graph, 4)
    network.freeze_ranges()
    expected = network.train()(inputs)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(network(inputs), expected)


def test_constant_and_dead_layers_survive(float_graph, data):
    ranges = dict.fromkeys(float_graph.tensors, Range(0.0, 0.0))
    network = FakeQuantizedNetwork(float_graph, ranges)
    with torch.no_grad():
        network.weights[0].zero_()
        network.weights[1] *= 1e4
    assert all(np.isfinite(train(network, data(float_graph), 3)))
    assert_equals_simulator(network, data(float_graph, 4))


def test_several_outputs_are_a_list_of_maps(builder, data):
    build = builder((3, 8, 8), 0)
    fine = build.conv("fine", "x", 4)
    graph = build.graph(fine, build.linear("coarse", fine, 5))
    network = FakeQuantizedNetwork(graph, calibrate(graph, [data(graph)]))
    for mode in (network.train(), network.eval()):
        assert [tuple(output.shape) for output in mode(data(graph, 2))] == [(2, 4, 8, 8), (2, 5, 1, 1)]
