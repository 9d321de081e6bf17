"""Every architecture of every pool through the whole chain: module, float graph, integers, PyTorch, ONNX."""

from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
import torch

from prototypenas.compression.calibration import calibrate
from prototypenas.compression.fake_quantization import FakeQuantizedNetwork
from prototypenas.compression.float_execution import execute, float_outputs
from prototypenas.compression.layer_noise import signal_to_noise_db
from prototypenas.compression.quantization import quantize
from prototypenas.compression.simulator import dequantize_output, quantize_input, simulate
from prototypenas.deployment.onnx_writer import onnx_model
from prototypenas.graph.lowering import lower
from prototypenas.types import GroupConfiguration
from search_spaces.pools import DETECTION_POOL, IMAGE_POOL, REFERENCES, TIME_SERIES_POOL

SHAPES = {
    **dict.fromkeys(IMAGE_POOL, (3, 48, 48)),
    "proxylessnas": (3, 96, 96),
    **dict.fromkeys(TIME_SERIES_POOL, (6, 64)),
    **dict.fromkeys(DETECTION_POOL, (3, 64, 64)),
}
POOLS = {**IMAGE_POOL, **TIME_SERIES_POOL, **DETECTION_POOL}


@pytest.fixture(scope="module", params=sorted(POOLS))
def chain(request):
    """Return one small pruned network of odd widths, its graphs of both stages, and inputs."""
    torch.manual_seed(0)
    shape = SHAPES[request.param]
    groups = tuple(GroupConfiguration(2, group.kernel, group.stride, 0.3) for group in REFERENCES[request.param].groups)
    configuration = replace(REFERENCES[request.param], width=0.37, groups=groups)
    module = POOLS[request.param](configuration, shape, 7).train()
    with torch.no_grad():
        for _ in range(12):
            module(torch.randn(16, *shape))
    inputs = torch.randn(16, *shape)
    graph = lower(module.eval(), shape)
    ranges = calibrate(graph, [inputs])
    return module, graph, ranges, inputs


def as_list(outputs):
    return list(outputs) if isinstance(outputs, list | tuple) else [outputs]


def test_float_graph_gives_what_the_module_gives(chain):
    module, graph, _, inputs = chain
    with torch.no_grad():
        for found, expected in zip(float_outputs(graph, inputs), as_list(module(inputs)), strict=True):
            assert (found - expected).abs().max() <= 1e-5 * max(1.0, float(expected.abs().max()))


def test_int8_network_is_close_to_the_float_network(chain):
    _, graph, ranges, inputs = chain
    integers = quantize(graph, ranges)
    found = simulate(integers, quantize_input(integers, inputs.numpy()))
    real = execute(graph, inputs)
    for name, values in zip(graph.outputs, dequantize_output(integers, found), strict=True):
        expected = real[name].numpy().reshape(values.shape)
        assert signal_to_noise_db(expected, values) > 12


def test_fake_quantization_equals_the_simulator_in_every_layer(chain):
    _, graph, ranges, inputs = chain
    integers = quantize(graph, ranges)
    expected = simulate(integers, quantize_input(integers, inputs.numpy()), every_layer=True)
    found = FakeQuantizedNetwork(graph, ranges).eval().layers(inputs)
    for name, values in expected.items():
        assert np.array_equal(found[name].permute(0, 2, 3, 1).numpy(), values), name


def test_onnxruntime_follows_within_a_step_almost_everywhere(chain):
    _, graph, ranges, inputs = chain
    integers = quantize(graph, ranges)
    options = onnxruntime.SessionOptions()
    # Without this, processors that lack VNNI saturate sums of two products in 16 bits.
    options.add_session_config_entry("session.x64quantprecision", "1")
    model = onnx_model(integers).SerializeToString()
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    outputs = session.run(None, {"input": inputs.numpy()})
    expected = dequantize_output(integers, simulate(integers, quantize_input(integers, inputs.numpy())))
    for name, found, values in zip(graph.outputs, outputs, expected, strict=True):
        quantization = integers.tensors[name].quantization
        steps = np.abs(np.rint((found - values) / quantization.scale))
        assert found.shape == values.shape
        assert (steps <= 1).mean() > 0.99 and steps.max() <= 3
