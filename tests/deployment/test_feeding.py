"""The C feeds itself: pixels and samples become the network's input exactly as in Python."""

import ctypes
import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

from evaluators.datasets import DATASETS
from prototypenas.compression.calibration import calibrate
from prototypenas.compression.quantization import quantize
from prototypenas.compression.simulator import dequantize, quantize_input, simulate_rows
from prototypenas.costing.memory_plan import plan_memory
from prototypenas.deployment.c_project import write_c_project
from prototypenas.errors import ConfigurationError
from prototypenas.graph.lowering import lower
from prototypenas.types import Budget, Preparation, Target
from tests.conftest import data_root

TARGET = Target("board", "a test", "cortex-m7", 600_000_000, None, None, Budget())


def small_network(shape, inputs, *, seed=0):
    torch.manual_seed(seed)
    network = nn.Sequential(
        nn.Conv2d(shape[0], 6, 3, stride=2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 10)
    ).eval()
    graph = lower(network, shape)
    return quantize(graph, calibrate(graph, [inputs]))


def library(directory, prefix="model"):
    path = directory / "net.so"
    kernels = sorted(str(file) for file in (directory / "kernels").glob("*.c"))
    weights = "weights.c" if prefix == "model" else f"{prefix}_weights.c"
    sources = [f"{prefix}.c", f"{prefix}_io.c", weights, *kernels]
    flags = ["-O1", "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror", "-Ikernels"]
    subprocess.run(["gcc", *flags, "-shared", "-fPIC", *sources, "-o", path], cwd=directory, check=True, timeout=120)
    return ctypes.CDLL(str(path))


def check_every_test_picture(data, directory):
    """From the uint8 picture on, the C gives the integers and the scores of Python."""
    prepared = data.prepared(data.test.inputs)
    graph = small_network(data.input_shape, prepared[:64])
    stored = tuple(data.test.inputs.shape[1:])
    preparation = Preparation(data.normalisation.mean, data.normalisation.deviation, True, stored, data.classes)
    given = quantize_input(graph, prepared.numpy())
    expected = simulate_rows(graph, given)
    plan = plan_memory(graph)
    write_c_project(
        graph, plan, directory, name="eye", target=TARGET, sample=given[0], preparation=preparation, prefix="eye"
    )
    model = library(directory, "eye")
    pixels = np.ascontiguousarray(data.test.inputs.numpy().transpose(0, 2, 3, 1))
    assert pixels.dtype == np.uint8
    quantized, scores = np.empty(given[0].size, np.int8), np.empty(10, np.int8)
    sizes = ctypes.c_size_t(quantized.size), ctypes.c_size_t(scores.size)
    for picture, integers, wanted in zip(pixels, given, expected, strict=True):
        model.eye_quantize_pixels(picture.ctypes.data_as(ctypes.c_void_p), quantized.ctypes.data_as(ctypes.c_void_p))
        np.testing.assert_array_equal(quantized, integers.reshape(-1))
        status = model.eye_run(
            quantized.ctypes.data_as(ctypes.c_void_p), sizes[0], scores.ctypes.data_as(ctypes.c_void_p), sizes[1]
        )
        assert status == 0
        np.testing.assert_array_equal(scores, wanted)
    return (directory / "eye_labels.h").read_text()


def test_every_test_picture_of_digits_is_classified_as_in_python(tmp_path):
    assert '"7",' in check_every_test_picture(DATASETS["digits"].load(), tmp_path)


@pytest.mark.slow
@pytest.mark.dataset
def test_every_test_picture_of_cifar10_is_classified_as_in_python(tmp_path):
    restore = data_root() / "cifar10" / "restore.py"
    subprocess.run([sys.executable, restore, tmp_path / "data"], check=True, capture_output=True)
    data = DATASETS["cifar10"].load(tmp_path / "data", input_shape=(3, 32, 32))
    assert len(data.test.inputs) == 10_000
    assert '"frog",' in check_every_test_picture(data, tmp_path / "c")


def test_float_samples_and_outputs_are_those_of_python(tmp_path):
    generator = torch.Generator().manual_seed(0)
    samples = torch.randn(4, 3, 9, 8, generator=generator) * 40 + 100
    preparation = Preparation((90.0, 100.0, 110.0), (30.0, 40.0, 50.0), False, (3, 9, 8))
    mean, deviation = (torch.tensor(part).view(3, 1, 1) for part in (preparation.mean, preparation.deviation))
    graph = small_network((3, 9, 8), (samples - mean) / deviation)
    samples[0, 0, 0, 0], samples[0, 1, 0, 0] = 1e9, -1e9
    given = quantize_input(graph, ((samples - mean) / deviation).numpy())
    write_c_project(
        graph, plan_memory(graph), tmp_path, name="net", target=TARGET, sample=given[0], preparation=preparation
    )
    model = library(tmp_path)
    for sample, wanted in zip(samples, given, strict=True):
        floats = np.ascontiguousarray(sample.numpy().transpose(1, 2, 0))
        found = np.empty(floats.size, np.int8)
        model.model_quantize_input(floats.ctypes.data_as(ctypes.c_void_p), found.ctypes.data_as(ctypes.c_void_p))
        np.testing.assert_array_equal(found, wanted.reshape(-1))
    integers, real = np.arange(-5, 5, dtype=np.int8), np.empty(10, np.float32)
    model.model_dequantize_output(integers.ctypes.data_as(ctypes.c_void_p), real.ctypes.data_as(ctypes.c_void_p))
    np.testing.assert_array_equal(real, dequantize(graph, graph.outputs[0], integers))


def test_normalisation_of_other_channels_and_bad_prefixes_are_refused(tmp_path):
    inputs = torch.randn(8, 3, 9, 8, generator=torch.Generator().manual_seed(0))
    graph = small_network((3, 9, 8), inputs)
    plan, sample = plan_memory(graph), np.zeros((9, 8, 3), np.int8)
    with pytest.raises(ConfigurationError, match="3 channels"):
        preparation = Preparation((1.0,), (1.0,), True, (1, 9, 8))
        write_c_project(graph, plan, tmp_path, name="net", target=TARGET, sample=sample, preparation=preparation)
    for prefix in ("Model", "9x", "a-b", "nn_x", ""):
        with pytest.raises(ConfigurationError, match="prefix"):
            write_c_project(graph, plan, tmp_path, name="net", target=TARGET, sample=sample, prefix=prefix)
