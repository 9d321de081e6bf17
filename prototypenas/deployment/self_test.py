"""What `model_self_test()` of the C must find: checksums of the constants, and of the outputs for a made-up input."""

import zlib

import numpy as np
from numpy.typing import NDArray

from prototypenas.compression.simulator import simulate_rows
from prototypenas.deployment.c_tables import ModelTables
from prototypenas.graph.graph import IntegerGraph

FIRST_STATE = 20_240_607
"""Any number: where the generator of the made-up input begins."""
_MULTIPLIER, _INCREMENT = np.uint32(1_664_525), np.uint32(1_013_904_223)


def constants_crc(tables: ModelTables) -> int:
    """Return the CRC-32 of weights, biases, multipliers and shifts, as they lie in ROM."""
    crc = 0
    for part in (tables.weights, tables.biases, tables.multipliers, tables.shifts):
        written = part if part.size else np.zeros(1, part.dtype)
        crc = zlib.crc32(np.ascontiguousarray(written, written.dtype.newbyteorder("<")).tobytes(), crc)
    return crc


def answer_crc(graph: IntegerGraph) -> int:
    """Return the CRC-32 of all outputs, one after the other, for the made-up input."""
    spec = graph.tensors[graph.input]
    given = made_up(spec.elements).reshape(1, spec.height, spec.width, spec.channels)
    return zlib.crc32(simulate_rows(graph, given).tobytes())


def made_up(count: int) -> NDArray[np.int8]:
    """Return int8 values of a linear congruential generator modulo 2^32, its upper byte each: as the C makes them."""
    powers = np.cumprod(np.full(count, _MULTIPLIER, np.uint32), dtype=np.uint32)
    sums = np.cumsum(np.concatenate([np.ones(1, np.uint32), powers[:-1]]), dtype=np.uint32)
    states = powers * np.uint32(FIRST_STATE) + _INCREMENT * sums
    return (states >> np.uint32(24)).astype(np.uint8).view(np.int8)
