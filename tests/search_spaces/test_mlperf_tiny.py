"""The MLPerf Tiny networks have the reference models' parameters and TensorFlow's padding."""

import pytest
import torch

from search_spaces.mlperf_tiny import PUBLISHED, ds_cnn, mobilenet_v1, resnet8

WITH_STATISTICS = {
    "mlperf-ds-cnn": 24_908,
    "mlperf-mobilenet-v1": 221_794,
    "mlperf-resnet8": 78_666,
    "mlperf-autoencoder": 269_992,
}
"""As the reference models print them, means and variances of normalisation included."""


@pytest.mark.parametrize("name", WITH_STATISTICS)
def test_every_parameter_of_the_reference_model_is_there(name):
    published = PUBLISHED[name]
    network = published.build(published.num_classes).eval()
    values = [*network.parameters(), *(buffer for buffer in network.buffers() if buffer.dim() > 0)]
    assert sum(value.numel() for value in values) == WITH_STATISTICS[name]
    assert network(torch.zeros(2, *published.input_shape)).shape == (2, published.num_classes)


@pytest.mark.parametrize(
    ("build", "shape"), [(mobilenet_v1, (3, 96, 96)), (resnet8, (3, 32, 32)), (ds_cnn, (1, 49, 10))]
)
def test_odd_padding_lies_on_the_last_sides(build, shape):
    """TensorFlow halves the padding and gives the odd pixel to the bottom and the right."""
    for module in build().modules():
        if isinstance(module, torch.nn.ZeroPad2d):
            left, right, top, bottom = module.padding
            assert 0 <= right - left <= 1 and 0 <= bottom - top <= 1
