"""Who may import whom (docs/architecture.md), read from the syntax trees."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("prototypenas", "search_spaces", "proxies", "evaluators", "experiments")
ALLOWED = {
    "prototypenas": {"prototypenas"},
    "search_spaces": {"prototypenas", "search_spaces"},
    "proxies": {"prototypenas", "proxies"},
    "evaluators": {"prototypenas", "evaluators"},
    "experiments": set(PACKAGES),
}
COMPOSITION_ROOT = (ROOT / "prototypenas" / "app", ROOT / "prototypenas" / "command_line")
"""The rooms that put the parts together."""
ENTRANCE = ROOT / "prototypenas" / "__main__.py"
FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager"}


def imported_modules(file: Path) -> set[str]:
    modules = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute"
            modules.add(node.module or "")
    return modules


def files(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_imports_only_what_it_may(package):
    for file in files(package):
        if any(room in file.parents for room in COMPOSITION_ROOT):
            continue
        ours = {module.split(".")[0] for module in imported_modules(file)} & {*PACKAGES, "tests"}
        assert ours <= ALLOWED[package], f"{file.relative_to(ROOT)} imports {sorted(ours - ALLOWED[package])}"


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_imports_the_command_line_or_the_experiments(package):
    for file in files(package):
        room = "prototypenas.command_line"
        if file != ENTRANCE and ROOT / room.replace(".", "/") not in file.parents:
            assert not any(module.startswith(room) for module in imported_modules(file)), file
        if package != "experiments":
            assert not any(module.startswith("experiments") for module in imported_modules(file)), file


def test_only_the_command_line_and_experiments_import_the_composition_root():
    rooms = [room for room in (ROOT / "prototypenas").iterdir() if room.is_dir() and room not in COMPOSITION_ROOT]
    for room in rooms:
        for file in sorted(room.rglob("*.py")):
            assert not any(module.startswith("prototypenas.app") for module in imported_modules(file)), file


@pytest.mark.parametrize("package", PACKAGES)
def test_rooms_have_names_that_say_something(package):
    assert not {file.stem for file in files(package)} & FORBIDDEN_NAMES
