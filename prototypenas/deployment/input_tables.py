"""What an application must know to feed a network: each pixel value's integer, computed as the training did."""

import numpy as np
from numpy.typing import NDArray

from prototypenas.errors import ConfigurationError
from prototypenas.graph.graph import IntegerGraph
from prototypenas.graph.tensors import INT8_MAX, INT8_MIN
from prototypenas.types import Preparation

PIXEL_VALUES = 256


def pixel_tables(graph: IntegerGraph, preparation: Preparation) -> NDArray[np.int8]:
    """Return the network's int8 input for each pixel value, `(1 or C, 256)`: one row where all channels agree.

    The arithmetic is that of training and of `quantize_input`, in float32: the integers are the same, bit for bit.

    Raises:
        ConfigurationError: if the preparation has another number of channels than the network's input.
    """
    mean, deviation = prepared_channels(graph, preparation)
    found = graph.tensors[graph.input].known_quantization
    pixels = np.arange(PIXEL_VALUES, dtype=np.float32)
    real = (pixels[None, :] - mean[:, None]) / deviation[:, None]
    integers = np.rint(real / np.float32(found.scale)) + found.zero_point
    tables: NDArray[np.int8] = np.clip(integers, INT8_MIN, INT8_MAX).astype(np.int8)
    if (tables == tables[0]).all():
        tables = tables[:1]
    return tables


def prepared_channels(graph: IntegerGraph, preparation: Preparation) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return mean and deviation of each channel.

    Raises:
        ConfigurationError: if their number is not that of the network's channels.
    """
    channels = graph.tensors[graph.input].channels
    mean, deviation = (np.asarray(values, np.float32) for values in (preparation.mean, preparation.deviation))
    if len(mean) != channels or len(deviation) != channels:
        raise ConfigurationError(
            f"normalisation of {len(mean)} means and {len(deviation)} deviations; the network has {channels} channels"
        )
    if not np.isfinite(mean).all() or not (deviation > 0).all():
        raise ConfigurationError(f"normalisation by {preparation.deviation}; every deviation must be above 0")
    return mean, deviation
