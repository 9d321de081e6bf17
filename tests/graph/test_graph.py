from dataclasses import replace

import pytest
import torch
from torch import nn

from prototypenas.compression.calibration import calibrate
from prototypenas.compression.quantization import quantize
from prototypenas.errors import QuantizationError
from prototypenas.graph.graph import Graph, IntegerGraph
from prototypenas.graph.lowering import lower


@pytest.fixture(scope="module")
def lowered() -> Graph:
    torch.manual_seed(0)
    return lower(nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(48, 2)), (2, 6, 6))


@pytest.fixture(scope="module")
def integer(lowered) -> IntegerGraph:
    return quantize(lowered, calibrate(lowered, [torch.randn(8, 2, 6, 6)]))


def test_quantizing_gives_the_integer_stage_of_the_same_network(lowered, integer):
    assert not isinstance(lowered, IntegerGraph) and isinstance(integer, IntegerGraph)
    assert integer.digest() == lowered.digest()
    assert (integer.input, integer.outputs, integer.input_shape) == (lowered.input, lowered.outputs, (2, 6, 6))


def test_a_tensor_without_quantization_is_no_integer_stage(integer):
    name = integer.outputs[0]
    tensors = {**integer.tensors, name: replace(integer.tensors[name], quantization=None)}
    with pytest.raises(QuantizationError, match=f"tensor {name} has no quantization"):
        replace(integer, tensors=tensors)


def test_the_digest_goes_by_wiring_and_shapes_alone(lowered):
    names = {name: f"other {name}" for name in lowered.tensors}
    renamed = Graph(
        lowered.input_shape,
        {names[name]: replace(spec, name=names[name]) for name, spec in lowered.tensors.items()},
        tuple(
            replace(one, inputs=tuple(names[name] for name in one.inputs), output=names[one.output])
            for one in lowered.operators
        ),
        names[lowered.input],
        tuple(names[name] for name in lowered.outputs),
    )
    assert renamed.digest() == lowered.digest()
    wider = lower(nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(48, 3)), (2, 6, 6))
    assert wider.digest() != lowered.digest()
