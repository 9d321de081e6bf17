"""The notebooks that come with the project, at the least sizes at which they do all they say."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LEAST = {"TRIALS": 6, "EPOCHS": 1, "NETWORKS": 6, "SAMPLES": 60}


def small(source: str) -> str:
    """The first cell sets the sizes: the same with those of a test."""
    names, _ = source.split("=")
    return f"{names}= {', '.join(str(LEAST[name]) for name in re.findall(r'[A-Z]+', names))}"


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_from_its_first_cell_to_its_last(path, tmp_path, monkeypatch):
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    book = nbformat.read(path, as_version=4)
    sizes, *rest = [cell for cell in book.cells if cell.cell_type == "code"]
    sizes.source = small(sizes.source)
    nbclient.NotebookClient(book, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert any("data" in output for cell in rest for output in cell.outputs)


def test_notebooks_are_kept_without_outputs_and_begin_with_their_sizes():
    nbformat = pytest.importorskip("nbformat")
    assert {path.stem for path in NOTEBOOKS} == {"first_search", "own_proxy", "own_data_to_c", "comparing_runs"}
    for path in NOTEBOOKS:
        cells = nbformat.read(path, as_version=4).cells
        code = [cell for cell in cells if cell.cell_type == "code"]
        assert cells[0].source.startswith("# ") and re.fullmatch(r"[A-Z, ]+= [\d, ]+", code[0].source)
        assert not any(cell.outputs or cell.execution_count for cell in code)
