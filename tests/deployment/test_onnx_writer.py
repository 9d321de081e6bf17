from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from prototypenas.compression.calibration import calibrate, min_max_range
from prototypenas.compression.integer_execution import IntegerExecution
from prototypenas.compression.quantization import quantize
from prototypenas.compression.simulator import dequantize_output, quantize_input, simulate
from prototypenas.deployment.onnx_form import OnnxForm
from prototypenas.deployment.onnx_writer import onnx_model, write_onnx
from prototypenas.errors import ConfigurationError, QuantizationError
from prototypenas.graph.lowering import lower
from prototypenas.types import Preparation


class ImageNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, 2, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        self.depthwise = nn.Sequential(nn.Conv2d(8, 8, 5, padding=2, groups=8), nn.ReLU6())
        self.mix, self.branch = nn.Conv2d(8, 8, 1), nn.Conv2d(8, 5, 1)
        self.pool, self.up, self.mean = nn.MaxPool2d(3, 2, 1), nn.Upsample(scale_factor=2), nn.AvgPool2d(2)
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(13 * 16, 24), nn.ReLU(), nn.Linear(24, 10))

    def forward(self, inputs):
        features = self.stem(inputs)
        features = (features + self.mix(self.depthwise(features))).relu()
        joined = torch.cat([features, self.branch(features)], dim=1)
        return self.head(self.mean(self.up(self.pool(joined))))


class SeriesNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.long, self.short = nn.Conv1d(4, 6, 9, padding=4), nn.Conv1d(4, 3, 1)
        self.norm = nn.BatchNorm1d(9)
        self.depthwise = nn.Conv1d(9, 9, 5, stride=2, padding=2, groups=9)
        self.pool = nn.MaxPool1d(3, 1, 1)
        self.head = nn.Sequential(nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(9, 5))

    def forward(self, inputs):
        joined = self.norm(torch.cat([self.long(inputs), self.short(self.pool(inputs))], dim=1)).relu()
        return self.head(self.depthwise(joined).relu())


NETWORKS = {"image": (ImageNet, (3, 16, 16)), "series": (SeriesNet, (4, 32))}


@pytest.fixture(params=sorted(NETWORKS))
def network(request):
    torch.manual_seed(0)
    kind, shape = NETWORKS[request.param]
    module = kind().train()
    with torch.no_grad():
        for _ in range(10):
            module(torch.randn(16, *shape))
    inputs = torch.randn(64, *shape)
    graph = lower(module.eval(), shape)
    return quantize(graph, calibrate(graph, [inputs], observer=min_max_range)), inputs.numpy()


def session(model, optimized):
    options = onnxruntime.SessionOptions()
    levels = onnxruntime.GraphOptimizationLevel
    options.graph_optimization_level = levels.ORT_ENABLE_ALL if optimized else levels.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    # Without this, processors that lack VNNI saturate sums of two products in 16 bits.
    options.add_session_config_entry("session.x64quantprecision", "1")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("optimized", [False, True], ids=["as written", "fused"])
def test_onnxruntime_gives_the_same_class_and_at_most_one_step(network, tmp_path, optimized):
    graph, inputs = network
    write_onnx(graph, tmp_path / "model.onnx")
    (found,) = session((tmp_path / "model.onnx").read_bytes(), optimized).run(None, {"input": inputs})
    (expected,) = dequantize_output(graph, simulate(graph, quantize_input(graph, inputs)))
    assert found.shape == expected.shape
    scale = graph.tensors[graph.outputs[0]].known_quantization.scale
    steps = np.rint((found - expected) / scale)
    assert np.abs(steps).max() <= 1
    clear = np.diff(np.sort(expected, axis=1)[:, -2:]).ravel() > 2 * scale
    assert clear.mean() > 0.5
    assert np.array_equal(found.argmax(1)[clear], expected.argmax(1)[clear])


PICTURES = Preparation((120.0, 110.0, 100.0), (60.0, 61.0, 62.0), pixels=True, stored_shape=(3, 16, 16))


def test_a_batch_of_one_has_no_open_size(network, tmp_path):
    graph, inputs = network
    write_onnx(graph, tmp_path / "one.onnx", form=OnnxForm.ONE)
    model = onnx.load(tmp_path / "one.onnx")
    sizes = [size for value in (*model.graph.input, *model.graph.output) for size in value.type.tensor_type.shape.dim]
    assert all(size.HasField("dim_value") and size.dim_value > 0 for size in sizes)
    (found,) = session((tmp_path / "one.onnx").read_bytes(), True).run(None, {"input": inputs[:1]})
    (expected,) = session(onnx_model(graph).SerializeToString(), True).run(None, {"input": inputs[:1]})
    assert np.array_equal(found, expected)


def test_pixels_are_normalised_as_training_did_it(tmp_path):
    torch.manual_seed(0)
    pixels = torch.randint(0, 256, (8, 3, 16, 16), dtype=torch.uint8)
    mean, deviation = (torch.tensor(values).view(3, 1, 1) for values in (PICTURES.mean, PICTURES.deviation))
    inputs = (pixels.float() - mean) / deviation
    lowered = lower(ImageNet().eval(), (3, 16, 16))
    graph = quantize(lowered, calibrate(lowered, [inputs], observer=min_max_range))
    write_onnx(graph, tmp_path / "pixels.onnx", PICTURES, form=OnnxForm.PIXELS)
    run = session((tmp_path / "pixels.onnx").read_bytes(), False)
    assert (run.get_inputs()[0].type, run.get_inputs()[0].shape) == ("tensor(uint8)", [1, 16, 16, 3])
    plain = session(onnx_model(graph).SerializeToString(), False)
    for picture, prepared in zip(pixels, inputs, strict=True):
        (found,) = run.run(None, {"input": picture.permute(1, 2, 0)[None].numpy()})
        (expected,) = plain.run(None, {"input": prepared[None].numpy()})
        assert np.array_equal(found, expected)


@pytest.mark.parametrize("preparation", [None, replace(PICTURES, pixels=False)])
def test_pixels_are_for_networks_of_pictures(network, preparation):
    with pytest.raises(ConfigurationError, match="for a network trained on pictures"):
        onnx_model(network[0], preparation, form=OnnxForm.PIXELS)


def test_every_layer_agrees_within_one_step_on_the_same_inputs(network):
    graph, inputs = network
    model = onnx_model(graph)
    names = {tensor: f"{tensor}/quantized" for tensor in graph.tensors}
    for name in names.values():
        model.graph.output.append(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.INT8, None))
    values = session(model.SerializeToString(), False).run(list(names.values()), {"input": inputs})
    maps = {}
    for tensor, value in zip(names, values, strict=True):
        spec = graph.tensors[tensor]
        channels_first = value.reshape(-1, spec.channels, spec.height, spec.width)
        maps[tensor] = torch.from_numpy(channels_first)
    assert np.array_equal(maps[graph.input].permute(0, 2, 3, 1), quantize_input(graph, inputs))
    execution = IntegerExecution(graph, "cpu")
    for index, operator in enumerate(graph.operators):
        expected = execution.run_operator(index, [maps[name] for name in operator.inputs])
        difference = np.abs((expected.int() - maps[operator.output]).numpy())
        assert difference.max() <= (0 if operator.copies_bytes else 1) and (difference > 0).mean() < 0.002, (
            operator.name
        )


def test_file_is_checked_qdq_with_int8_weights_by_channel(network, tmp_path):
    graph, _ = network
    write_onnx(graph, tmp_path / "model.onnx")
    model = onnx.load(tmp_path / "model.onnx")
    onnx.checker.check_model(model, full_check=True)
    types = {array.name: array.data_type for array in model.graph.initializer}
    for operator in graph.operators:
        if hasattr(operator, "weights"):
            assert types[f"{operator.output}/weight"] == onnx.TensorProto.INT8
            assert types[f"{operator.output}/bias"] == onnx.TensorProto.INT32
    assert not [node for node in model.graph.node if node.op_type in ("Clip", "BatchNormalization")]
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]


def test_float_stage_is_refused():
    with pytest.raises(QuantizationError, match="quantize the graph first"):
        onnx_model(lower(nn.Sequential(nn.Conv2d(3, 4, 1)), (3, 4, 4)))
