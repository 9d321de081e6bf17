"""No file and no function grows beyond what is read in one sitting."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("prototypenas", "search_spaces", "proxies", "evaluators", "experiments", "tests", "benchmarks")
MOST_LINES_OF_A_FILE = 350
MOST_LINES_OF_A_FUNCTION = 50


def too_long(source: str, name: str) -> list[str]:
    found = [f"{name}: {count} lines"] if (count := len(source.splitlines())) > MOST_LINES_OF_A_FILE else []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > MOST_LINES_OF_A_FUNCTION:
                found.append(f"{name}: {node.name} has {lines} lines")
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_files_and_functions_are_short(package):
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    assert not [entry for file in files for entry in too_long(file.read_text(), str(file.relative_to(ROOT)))]


def test_what_is_too_long_is_found():
    body = "    pass\n" * MOST_LINES_OF_A_FUNCTION
    assert too_long(f"def short():\n{body[len('    pass') + 1 :]}", "a.py") == []
    assert too_long(f"def long():\n{body}", "a.py") == ["a.py: long has 51 lines"]
    assert too_long("x = 1\n" * 351, "a.py") == ["a.py: 351 lines"]
