"""Each pixel value's integer, as training and simulator compute it."""

import numpy as np
import pytest

from prototypenas.compression.simulator import quantize_input
from prototypenas.deployment.input_tables import pixel_tables, prepared_channels
from prototypenas.errors import ConfigurationError
from prototypenas.graph.graph import IntegerGraph
from prototypenas.graph.tensors import Quantization, TensorSpec
from prototypenas.types import Preparation

GRAPH = IntegerGraph((3, 1, 256), {"x": TensorSpec("x", 1, 256, 3, Quantization(0.02, -5))}, (), "x", ("x",))


def preparation(mean, deviation) -> Preparation:
    return Preparation(mean, deviation, True, (3, 1, 256))


@pytest.mark.parametrize("mean", [(127.0, 127.0, 127.0), (127.0, 10.0, 99.5)])
def test_the_table_is_what_the_simulator_gives_and_one_row_where_channels_agree(mean):
    tables = pixel_tables(GRAPH, preparation(mean, (60.0,) * 3))
    assert len(tables) == (1 if len(set(mean)) == 1 else 3)
    pixels = np.tile(np.arange(256, dtype=np.float32), (1, 3, 1, 1)).reshape(1, 3, 1, 256)
    real = (pixels - np.asarray(mean, np.float32).reshape(1, 3, 1, 1)) / np.float32(60.0)
    given = quantize_input(GRAPH, real)[0].reshape(256, 3).T
    assert (np.broadcast_to(tables, (3, 256)) == given).all()


@pytest.mark.parametrize(
    ("mean", "deviation", "said"),
    [
        ((1.0,), (1.0,), "1 means and 1 deviations; the network has 3 channels"),
        ((1.0,) * 3, (1.0, 0.0, 1.0), "every deviation must be above 0"),
        ((1.0, float("nan"), 1.0), (1.0,) * 3, "normalisation by"),
    ],
)
def test_a_normalisation_that_cannot_be_is_refused(mean, deviation, said):
    with pytest.raises(ConfigurationError, match=said):
        prepared_channels(GRAPH, preparation(mean, deviation))
