import pytest
import torch

from prototypenas.compression.calibration import calibrate
from prototypenas.compression.float_execution import float_outputs
from prototypenas.compression.layer_noise import signal_to_noise_db
from prototypenas.compression.quantization import quantize
from prototypenas.compression.simulator import simulated_logits
from prototypenas.errors import QuantizationError
from prototypenas.graph.operators.add import Add
from prototypenas.graph.operators.average_pool2d import AveragePool2d
from prototypenas.graph.operators.requantize import Requantize
from prototypenas.graph.tensors import IntegerWeights


def test_int8_outputs_are_close_to_the_float_outputs(float_graph, data):
    inputs = data(float_graph, 64)
    found = simulated_logits(quantize(float_graph, calibrate(float_graph, [inputs])), inputs.numpy())
    expected = float_outputs(float_graph, inputs)[0].numpy()
    assert signal_to_noise_db(expected, found) > 25


def test_lowered_module_keeps_its_answers(lowered, data):
    module, graph = lowered
    inputs = data(graph, 64)
    found = simulated_logits(quantize(graph, calibrate(graph, [inputs])), inputs.numpy())
    with torch.no_grad():
        expected = module(inputs).numpy()
    assert signal_to_noise_db(expected, found) > 30


def test_every_operator_and_tensor_becomes_integer(float_graph, data):
    graph = quantize(float_graph, calibrate(float_graph, [data(float_graph)]))
    assert graph.digest() == float_graph.digest()
    assert all(spec.quantization is not None for spec in graph.tensors.values())
    for operator in graph.operators:
        if hasattr(operator, "weights"):
            assert isinstance(operator.weights, IntegerWeights)
        if isinstance(operator, Add | AveragePool2d | Requantize):
            assert operator.arithmetic is not None


def test_wrong_stages_are_refused(float_graph, data):
    ranges = calibrate(float_graph, [data(float_graph)])
    with pytest.raises(QuantizationError, match="float stage"):
        quantize(quantize(float_graph, ranges), ranges)
    with pytest.raises(QuantizationError, match="quantize the graph first"):
        _ = float_graph.tensors["x"].known_quantization
