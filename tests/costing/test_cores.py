import pytest

from prototypenas.costing.cores import CORES, core_named
from prototypenas.costing.targets import load_targets
from prototypenas.errors import ConfigurationError


def test_every_target_has_a_core_that_is_known_and_an_unknown_one_lists_them():
    for target in load_targets().values():
        if target.core.startswith("cortex-m"):
            assert core_named(target.core).cpu_flags.startswith("-mcpu=")
    with pytest.raises(ConfigurationError, match="core cortex-m1 is not known; known are cortex-m0plus"):
        core_named("cortex-m1")
    assert all(name == core.name for name, core in CORES.items())
