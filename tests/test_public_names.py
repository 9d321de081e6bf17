import importlib
import types

import pytest

PACKAGES = ("prototypenas", "prototypenas.evidence", "prototypenas.selection", "search_spaces", "proxies", "evaluators")


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
