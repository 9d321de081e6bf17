"""The API in a notebook: own proxy, architecture, data, objective and sampler, each defined in a cell of ten lines."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

CELLS = (
    "import numpy as np\nimport prototypenas as pn\nfrom search_spaces import IMAGE_POOL",
    "def mean_gradient(evidence):\n    return float(sum(g.abs().mean() for g in evidence.gradients(0).values()))",
    "def slim(configuration, input_shape, num_classes):\n"
    "    return IMAGE_POOL['mbednet'](configuration, input_shape, num_classes)",
    "images = np.random.default_rng(0).integers(0, 90, (40, 1, 16, 16), dtype=np.uint8)\n"
    "images[::2, :, 4:10, 4:10] += 150\nlabels = np.arange(40) % 2",
    "run = pn.search((images, labels), target='rp2040', trials=6, architectures=[slim],\n"
    "                objectives=['flops', mean_gradient, 'params'], out='run')\nrun",
    "run.candidates.head()",
    "few = run.select(keep=1)\nfew",
    "models = run.train(epochs=1)\nmodels[0]",
    "assert models[0].predict(images).shape == (40,)\nmodels[0].module()",
    "models[0].deploy('c')",
    "run.report()",
    "pn.measure(models[0].module(), input=(1, 16, 16), target='rp2040')",
    "def operators(priced):\n    return len(priced.graph.operators)  # priced.target and priced.cost are there too",
    "from random import Random\n"
    "class Draws:\n"
    "    def __init__(self, space, goals, *, population, seed):\n"
    "        self.space, self.random, self.first = space, Random(seed), []\n"
    "    def ask(self, count):\n"
    "        return [self.first.pop(0) if self.first else self.space.draw(self.random) for _ in range(count)]\n"
    "    def suggest(self, configurations):\n"
    "        self.first += configurations\n"
    "    def tell(self, outcomes):\n"
    "        self.learnt = outcomes",
    "pn.explore(pn.Space({'slim': slim}, input=(1, 16, 16), classes=2), target='stm32f746', trials=12, sampler=Draws,\n"
    "           objectives=['flops', mean_gradient, pn.OwnCost(operators)], limits={'latency': '50ms'})",
    "pn.explore(pn.Space({'slim': slim}, input=(1, 16, 16), classes=2), objectives=['flops', mean_gradient], trials=3)",
)
HTML = (4, 5, 6, 7, 11, 14, 15)
"""Cells whose result shows itself as HTML."""


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_notebook_does_it_all(tmp_path, monkeypatch):
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    nbclient.NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()
    for place in HTML:
        (shown,) = [output for output in notebook.cells[place].outputs if output.output_type == "execute_result"]
        assert "text/html" in shown.data, CELLS[place]
    assert (tmp_path / "c" / "model.c").exists()
    assert list((tmp_path / "run").glob("datasets/*/report.html"))
