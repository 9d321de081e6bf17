"""CONTRIBUTING's recipe for an operator, followed: one new file in a copy of the package, and PyTorch to C agree."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

CHANGES = {
    '"hardswish": lambda values, _: F.hardswish(values),': '"atan": lambda values, _: torch.atan(values),',
    "class Lookup(Operator)": "class Arctangent(Operator)",
    "operator = Lookup(": "operator = Arctangent(",
    '{"hardswish": "HardSwish", "tanh": "Tanh"}.get(function, "Sigmoid")': '"Atan"',
}
"""Step 1 of the recipe: the file nearest to ours is copied, and made ours."""

PROOF = """
import numpy as np, onnxruntime, sys, torch
from pathlib import Path
from torch import nn
from prototypenas.compression.calibration import calibrate
from prototypenas.compression.quantization import quantize
from prototypenas.compression.simulator import dequantize_output, quantize_input, simulate
from prototypenas.costing.footprint import cost_of
from prototypenas.costing.memory_plan import plan_memory
from prototypenas.costing.targets import load_targets
from prototypenas.deployment.c_project import write_c_project
from prototypenas.deployment.onnx_writer import onnx_model
from prototypenas.deployment.toolchain import build_host, run_host
from prototypenas.graph.graph_file import load_graph, save_graph
from prototypenas.graph.lowering import lower


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 5, 3)

    def forward(self, inputs):
        return torch.atan(self.conv(inputs)).mean((2, 3))


torch.manual_seed(0)
net, inputs, place = Net().eval(), torch.randn(8, 3, 7, 7), Path(sys.argv[1])
lowered = lower(net, (3, 7, 7))
assert [type(one).__name__ for one in lowered.operators][1] == "Arctangent"
graph = quantize(lowered, calibrate(lowered, [inputs]))
save_graph(graph, place / "graph.npz")
graph = load_graph(place / "graph.npz")
given = quantize_input(graph, inputs.numpy())
target = load_targets()["stm32f746"]
write_c_project(graph, plan_memory(graph), place, name="net", target=target, sample=given[0])
simulated = simulate(graph, given)
outputs = np.concatenate([simulated[name].reshape(len(given), -1) for name in graph.outputs], axis=1)
assert (run_host(build_host(place), given) == outputs).all()
real = dequantize_output(graph, simulated)[0]
assert np.abs(real.reshape(8, -1) - net(inputs).detach().numpy()).max() < 0.05
options = onnxruntime.SessionOptions()
options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
session = onnxruntime.InferenceSession(onnx_model(graph).SerializeToString(), options, ["CPUExecutionProvider"])
found = session.run(None, {"input": inputs.numpy()})[0].reshape(8, -1)
assert np.abs(found - real.reshape(8, -1)).max() < 0.05
assert cost_of(graph, target).footprint.weights_bytes >= 256 + 3 * 3 * 3 * 5
print("proven")
"""


@pytest.mark.slow
def test_an_operator_is_one_file_plus_its_kernel(tmp_path):
    copy = tmp_path / "prototypenas"
    shutil.copytree(ROOT / "prototypenas", copy, ignore=shutil.ignore_patterns("__pycache__"))
    text = (copy / "graph" / "operators" / "lookup.py").read_text()
    for before, after in CHANGES.items():
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    body = text.partition("FUNCTIONS: Mapping[str, Handler] = {")[0]
    (copy / "graph" / "operators" / "arctangent.py").write_text(body + 'FUNCTIONS = {"atan": trace_lookup("atan")}\n')
    (tmp_path / "project").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", PROOF, tmp_path / "project"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "proven\n", done.stderr
