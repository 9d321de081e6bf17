"""The C feeds itself: pixels and samples become the network's input exactly as in Python, and models live together."""

import ctypes
import shutil
import subprocess

import numpy as np
import pytest
import torch
from torch import nn

from evaluators.datasets import DATASETS
from prototypenas.compression.calibration import calibrate
from prototypenas.compression.quantization import quantize
from prototypenas.compression.simulator import dequantize, quantize_input, simulate
from prototypenas.costing.memory_plan import plan_memory
from prototypenas.deployment.c_project import write_c_project
from prototypenas.errors import ConfigurationError
from prototypenas.graph.lowering import lower
from prototypenas.types import Budget, Preparation, Target

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


def test_every_test_picture_of_digits_is_classified_as_in_python(tmp_path):
    data = DATASETS["digits"].load()
    prepared = data.prepared(data.test.inputs)
    graph = small_network(data.input_shape, prepared[:64])
    preparation = Preparation(data.normalisation.mean, data.normalisation.deviation, True, (1, 32, 32), data.classes)
    given = quantize_input(graph, prepared.numpy())
    expected = simulate(graph, given)[graph.outputs[0]].reshape(len(given), -1)
    plan = plan_memory(graph)
    write_c_project(
        graph, plan, tmp_path, name="digits", target=TARGET, sample=given[0], preparation=preparation, prefix="digits"
    )
    model = library(tmp_path, "digits")
    pixels = np.ascontiguousarray(data.test.inputs.numpy().transpose(0, 2, 3, 1))
    quantized, scores = np.empty(given[0].size, np.int8), np.empty(10, np.int8)
    sizes = ctypes.c_size_t(quantized.size), ctypes.c_size_t(scores.size)
    for picture, integers, wanted in zip(pixels, given, expected, strict=True):
        model.digits_quantize_pixels(picture.ctypes.data_as(ctypes.c_void_p), quantized.ctypes.data_as(ctypes.c_void_p))
        np.testing.assert_array_equal(quantized, integers.reshape(-1))
        status = model.digits_run(
            quantized.ctypes.data_as(ctypes.c_void_p), sizes[0], scores.ctypes.data_as(ctypes.c_void_p), sizes[1]
        )
        assert status == 0
        np.testing.assert_array_equal(scores, wanted)
    assert '"7",' in (tmp_path / "digits_labels.h").read_text()


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


@pytest.mark.skipif(shutil.which("g++") is None, reason="g++ is not installed")
def test_two_models_and_a_c_plus_plus_caller_share_one_program(tmp_path):
    inputs = torch.randn(8, 3, 9, 8, generator=torch.Generator().manual_seed(0))
    parts, expected = [], []
    for prefix, seed in (("left", 1), ("right", 2)):
        graph = small_network((3, 9, 8), inputs, seed=seed)
        given = quantize_input(graph, inputs.numpy())
        expected.append(simulate(graph, given[:1])[graph.outputs[0]].reshape(-1))
        folder = tmp_path / prefix
        write_c_project(graph, plan_memory(graph), folder, name=prefix, target=TARGET, sample=given[0], prefix=prefix)
        parts += [f"{prefix}/{prefix}.c", f"{prefix}/{prefix}_io.c", f"{prefix}/{prefix}_weights.c"]
        values = ", ".join(map(str, given[0].reshape(-1)))
        (tmp_path / f"{prefix}_sample.h").write_text(f"static const int8_t {prefix}_sample[] = {{{values}}};\n")
    (tmp_path / "caller.cpp").write_text(
        """#include <cstdio>
#include "left/left.h"
#include "right/right.h"
#include "left_sample.h"
#include "right_sample.h"
int main() {
    static int8_t output[LEFT_OUTPUT_BYTES];
    left_run(left_sample, sizeof left_sample, output, sizeof output);
    for (int8_t value : output) std::printf("%d ", value);
    right_run(right_sample, sizeof right_sample, output, sizeof output);
    for (int8_t value : output) std::printf("%d ", value);
}
"""
    )
    kernels = sorted(str(path) for path in (tmp_path / "left" / "kernels").glob("*.c"))
    sources = [*parts, *kernels]
    for source in sources:
        subprocess.run(["gcc", "-std=c99", "-Ileft/kernels", "-c", source], cwd=tmp_path, check=True, timeout=60)
    objects = sorted(str(path) for path in tmp_path.glob("*.o"))
    subprocess.run(["g++", "caller.cpp", *objects, "-o", "program"], cwd=tmp_path, check=True, timeout=60)
    done = subprocess.run([tmp_path / "program"], capture_output=True, text=True, check=True)
    assert [int(word) for word in done.stdout.split()] == np.concatenate(expected).tolist()


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
