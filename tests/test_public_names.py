import importlib
import subprocess
import sys
import types

import pytest

import prototypenas

PACKAGES = ("prototypenas.evidence", "prototypenas.selection", "search_spaces", "proxies", "evaluators")


@pytest.mark.parametrize("package", PACKAGES)
def test_the_visible_names_are_the_public_ones(package):
    """A package's `__all__` is what stands in it, its modules apart."""
    module = importlib.import_module(package)
    visible = {
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and not isinstance(value, types.ModuleType)
    }
    used_to_build = {"Mapping", "MappingProxyType", "Proxy"} - set(module.__all__)
    assert visible - {name for name in visible if name.endswith("_score")} - used_to_build == set(module.__all__)


def test_every_public_name_is_found_and_no_other():
    assert dir(prototypenas) == prototypenas.__all__ == sorted(prototypenas.__all__)
    for name in prototypenas.__all__:
        assert getattr(prototypenas, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'serach'"):
        prototypenas.serach  # noqa: B018


def test_importing_the_package_or_the_command_line_imports_no_library_that_takes_long():
    program = (
        "import sys, prototypenas, prototypenas.app.known_targets, prototypenas.command_line.main\n"
        "slow = {'torch', 'pymoo', 'pandas', 'optuna', 'sqlalchemy', 'matplotlib', 'lightning'}\n"
        "print(*sorted(slow & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
