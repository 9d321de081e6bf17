import pytest

from prototypenas.errors import ConfigurationError
from prototypenas.plugins import PluginSource, load_plugin
from prototypenas.types import GroupConfiguration
from prototypenas.workers.parcels import packed

PLUGIN = PluginSource("mine.py", "def parcel_score(evidence):\n    return 1.0\n\nPROXIES = {'mine': parcel_score}\n")


def test_what_a_plugin_defines_comes_out_as_it_went_in():
    score = load_plugin(PLUGIN).proxies["mine"]
    content = (score, GroupConfiguration(depth=3))
    assert packed(content, [PLUGIN]).open() == content


def test_what_cannot_be_sent_is_named():
    with pytest.raises(ConfigurationError, match="cannot be sent to worker processes"):
        packed(lambda: None, [])
