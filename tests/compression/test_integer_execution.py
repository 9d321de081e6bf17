import numpy as np
import pytest
import torch

from prototypenas.compression.calibration import calibrate
from prototypenas.compression.integer_execution import IntegerExecution
from prototypenas.compression.quantization import quantize
from prototypenas.compression.simulator import dequantize, quantize_input, simulate
from prototypenas.errors import QuantizationError


@pytest.mark.parametrize("seed", range(4))
def test_every_tensor_equals_the_simulator(float_graph, data, seed):
    graph = quantize(float_graph, calibrate(float_graph, [data(float_graph, seed=seed)]))
    execution = IntegerExecution(graph, "cpu")
    spec = graph.tensors[graph.input]
    shape = (5, spec.height, spec.width, spec.channels)
    inputs = np.random.default_rng(seed).integers(-128, 128, shape).astype(np.int8)
    found = execution.run(torch.from_numpy(inputs).permute(0, 3, 1, 2))
    for name, expected in simulate(graph, inputs, every_layer=True).items():
        assert np.array_equal(found[name].permute(0, 2, 3, 1).numpy(), expected), name


def test_input_and_output_steps_equal_the_simulator(float_graph, data):
    graph = quantize(float_graph, calibrate(float_graph, [data(float_graph)]))
    execution = IntegerExecution(graph, "cpu")
    inputs = data(graph, 64, seed=5) * 2
    spec = graph.tensors[graph.input]
    integers = execution.quantize(graph.input, inputs.reshape(64, spec.channels, spec.height, spec.width))
    expected = quantize_input(graph, inputs.numpy())
    assert np.array_equal(integers.permute(0, 2, 3, 1).numpy(), expected)
    real = execution.dequantize("x", integers).permute(0, 2, 3, 1).numpy()
    assert np.array_equal(real, dequantize(graph, "x", expected))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_gpu_equals_the_simulator(float_graph, data):
    graph = quantize(float_graph, calibrate(float_graph, [data(float_graph)]))
    inputs = quantize_input(graph, data(graph, 8).numpy())
    found = IntegerExecution(graph, "cuda").run(torch.from_numpy(inputs).permute(0, 3, 1, 2).cuda())
    for name, expected in simulate(graph, inputs, every_layer=True).items():
        assert np.array_equal(found[name].permute(0, 2, 3, 1).cpu().numpy(), expected), name


def test_float_stage_is_refused(float_graph):
    with pytest.raises(QuantizationError, match="quantize the graph first"):
        IntegerExecution(float_graph, "cpu")
