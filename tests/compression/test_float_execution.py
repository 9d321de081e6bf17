import numpy as np
import pytest
import torch

from prototypenas.compression.float_execution import execute, float_outputs, float_weights
from prototypenas.errors import QuantizationError
from prototypenas.graph.lowering import lower


def test_graph_gives_what_the_module_gives(lowered, data):
    module, graph = lowered
    inputs = data(graph)
    with torch.no_grad():
        expected = module(inputs)
        (found,) = float_outputs(graph, inputs)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_every_tensor_has_its_declared_shape(float_graph, data):
    tensors = execute(float_graph, data(float_graph, 2))
    assert tensors.keys() == float_graph.tensors.keys()
    for name, spec in float_graph.tensors.items():
        assert tensors[name].shape == (2, spec.channels, spec.height, spec.width)


def test_gradients_reach_inputs_and_weights(float_graph, data):
    inputs = data(float_graph).requires_grad_()
    weights = float_weights(float_graph)
    for part in weights.values():
        part.weight.requires_grad_()
    tensors = execute(float_graph, inputs, weights=weights)
    tensors[float_graph.outputs[0]].square().sum().backward()
    assert inputs.grad.abs().sum() > 0
    assert all(part.weight.grad.abs().sum() > 0 for part in weights.values())


def test_weights_return_to_the_graphs_layout(float_graph):
    weights = float_weights(float_graph)
    for operator in float_graph.operators:
        if operator.output in weights:
            assert np.array_equal(operator.from_torch(weights[operator.output].weight.numpy()), operator.weights.weight)


def test_wrong_input_shape_and_missing_weights_are_refused(float_graph, data):
    with pytest.raises(QuantizationError, match="wants"):
        execute(float_graph, data(float_graph)[:, :1])
    with torch.device("meta"):
        module = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 1))
    with pytest.raises(QuantizationError, match="no float weights"):
        execute(lower(module, (3, 4, 4)), torch.zeros(1, 3, 4, 4))
