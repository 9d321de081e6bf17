"""Well-known networks of torchvision through the whole int8 chain."""

import numpy as np
import pytest
import torch
import torchvision

from prototypenas.compression.calibration import calibrate
from prototypenas.compression.fake_quantization import FakeQuantizedNetwork
from prototypenas.compression.float_execution import float_outputs
from prototypenas.compression.layer_noise import signal_to_noise_db
from prototypenas.compression.quantization import quantize
from prototypenas.compression.simulator import quantize_input, simulate, simulated_logits
from prototypenas.graph.lowering import lower

SHAPE = (3, 64, 64)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mobilenet_v2", "resnet18", "squeezenet1_1"])
def test_float_int8_and_fake_quantized_network_agree(name):
    torch.manual_seed(0)
    module = torchvision.models.get_model(name, num_classes=10).train()
    inputs = torch.randn(8, *SHAPE)
    with torch.no_grad():
        for _ in range(8):
            module(torch.randn(8, *SHAPE))
        expected = module.eval()(inputs)
    graph = lower(module, SHAPE)
    assert torch.allclose(float_outputs(graph, inputs)[0], expected, atol=1e-5, rtol=1e-5)
    ranges = calibrate(graph, [inputs])
    integers = quantize(graph, ranges)
    assert signal_to_noise_db(expected.numpy(), simulated_logits(integers, inputs.numpy())) > 15
    layers = FakeQuantizedNetwork(graph, ranges).layers(inputs)
    for tensor, values in simulate(integers, quantize_input(integers, inputs.numpy()), every_layer=True).items():
        assert np.array_equal(layers[tensor].permute(0, 2, 3, 1).numpy(), values), tensor
