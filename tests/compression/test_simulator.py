import numpy as np
import pytest

import prototypenas.compression.simulator as simulator
from prototypenas.compression.calibration import calibrate
from prototypenas.compression.quantization import quantize
from prototypenas.compression.simulator import dequantize, quantize_input, simulate, simulated_logits
from prototypenas.errors import QuantizationError


@pytest.fixture
def integer_graph(float_graph, data):
    return quantize(float_graph, calibrate(float_graph, [data(float_graph)]))


def test_batches_do_not_influence_their_samples(integer_graph, data, monkeypatch):
    inputs = quantize_input(integer_graph, data(integer_graph, 7).numpy())
    together = simulate(integer_graph, inputs, every_layer=True)
    monkeypatch.setattr(simulator, "LIVE_BYTES", 1)
    alone = simulate(integer_graph, inputs, every_layer=True)
    assert together.keys() == integer_graph.tensors.keys() == alone.keys()
    assert all(np.array_equal(together[name], alone[name]) for name in together)


def test_only_outputs_are_given_unless_asked(integer_graph, data):
    inputs = quantize_input(integer_graph, data(integer_graph, 3).numpy())
    outputs = simulate(integer_graph, inputs)
    every = simulate(integer_graph, inputs, every_layer=True)
    (name,) = integer_graph.outputs
    assert list(outputs) == [name] and np.array_equal(outputs[name], every[name])
    assert simulate(integer_graph, inputs[:0])[name].shape == (0, *outputs[name].shape[1:])


def test_input_is_channels_last_and_within_half_a_step(integer_graph, data):
    inputs = data(integer_graph, 3).numpy()
    integers = quantize_input(integer_graph, inputs)
    real = dequantize(integer_graph, integer_graph.input, integers).transpose(0, 3, 1, 2).reshape(inputs.shape)
    step = integer_graph.tensors[integer_graph.input].known_quantization.scale
    inside = (integers.transpose(0, 3, 1, 2).reshape(inputs.shape) > -128) & (
        integers.transpose(0, 3, 1, 2).reshape(inputs.shape) < 127
    )
    assert inside.mean() > 0.9
    assert np.abs(real - inputs)[inside].max() <= step * 0.5001


def test_inputs_beyond_the_range_saturate(integer_graph):
    huge = np.full((1, *integer_graph.input_shape), 1e9, np.float32)
    assert (quantize_input(integer_graph, huge) == 127).all()
    assert (quantize_input(integer_graph, -huge) == -128).all()


def test_logits_are_one_row_a_sample(integer_graph, data):
    assert simulated_logits(integer_graph, data(integer_graph, 5).numpy()).ndim == 2


def test_wrong_type_shape_and_stage_are_refused(integer_graph, float_graph, data):
    with pytest.raises(QuantizationError, match="int8"):
        simulate(integer_graph, quantize_input(integer_graph, data(integer_graph).numpy()).astype(np.int16))
    with pytest.raises(QuantizationError, match="wants"):
        quantize_input(integer_graph, data(integer_graph).numpy()[:, :1])
    with pytest.raises(QuantizationError, match="quantize the graph first"):
        quantize_input(float_graph, data(float_graph).numpy())
