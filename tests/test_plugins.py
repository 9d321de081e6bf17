"""What plug-in files and installed packages bring, and what is said of those that cannot be loaded."""

import pickle
import sys
from importlib.metadata import EntryPoint

import pytest

from prototypenas import plugins
from prototypenas.app.known_targets import known_targets
from prototypenas.errors import PluginError
from prototypenas.plugins import DEFAULT_KERNELS, PluginSource, load_all, load_entry_points, load_plugin_file
from prototypenas.types import Budget

PROXY = """
def size(evidence):
    return 1.0

PROXIES = {"size": size}
"""


@pytest.fixture(autouse=True)
def forget_modules():
    known = set(sys.modules)
    yield
    for name in set(sys.modules) - known:
        if name.startswith("prototypenas_plugin_"):
            del sys.modules[name]


def written(tmp_path, text, name="mine.py"):
    file = tmp_path / name
    file.write_text(text)
    return file


def test_a_file_brings_its_mappings(tmp_path):
    text = (
        "class Data:\n    description = 'data'\n    load = print\n"
        "BASELINES = {'mine': print, 'other': print}\nKERNELS = {'mine': [3]}\n"
        "DATASETS = {'data': Data}\nTARGETS = {}\n"
    )
    plugin = load_plugin_file(written(tmp_path, text))
    assert dict(plugin.baselines) == {"mine": print, "other": print}
    assert dict(plugin.kernels) == {"mine": (3,), "other": DEFAULT_KERNELS}
    assert plugin.datasets["data"].description == "data"
    assert not plugin.proxies and not plugin.targets
    assert plugin.source == PluginSource(str(tmp_path / "mine.py"), text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("PROXIES = {}\nif True\n", r"mine\.py, line 2: SyntaxError"),
        ("import json\n\njson.loads('{')\n", r"mine\.py, line 3: JSONDecodeError"),
        ("import not_installed_here\n", r"line 1: ModuleNotFoundError: No module named 'not_installed_here'"),
        ("PROXIES = [print]\n", r"PROXIES is \[.*\]; it must map names"),
        ("PROXIES = {1: print}\n", r"PROXIES is \{1: .*\}; it must map names"),
        ("import sys\nsys.exit(0)\n", r"mine\.py, line 2: SystemExit: 0"),
        ("TARGETS = {'t': 3}\n", r"target t is 3; it must be a prototypenas\.Target"),
        ("DATASETS = {'d': 3}\n", r"data set d is 3; it needs `load` and `description`"),
        ("PROXIES = {'p': 3}\n", r"p is 3; proxies, baselines and samplers are functions"),
        ("BASELINES = {'b': None}\n", r"b is None; proxies, baselines and samplers are functions"),
        ("BASELINES = {'b': print}\nKERNELS = {'b': 3}\n", r"KERNELS of b are 3; odd positive numbers are needed"),
        ("BASELINES = {'b': print}\nKERNELS = {'b': (3, 4)}\n", r"KERNELS of b are \(3, 4\); odd positive"),
        ("PROXIES = {'number': print}\n", r"names a proxy 'number'; .* not the names of other columns"),
        ("PROXIES = {'a,b': print}\n", r"names a proxy 'a,b'; letters, digits"),
        ("KERNELS = {'mbednet': (3,)}\n", "defines none of PROXIES, COSTS, BASELINES, SAMPLERS, DATASETS, TARGETS"),
        ("", "defines none of"),
    ],
)
def test_a_file_that_brings_nothing_usable_is_named_with_its_line(tmp_path, text, said):
    with pytest.raises(PluginError, match=said):
        load_plugin_file(written(tmp_path, text))


def test_the_memory_of_a_target_is_its_limit_where_it_sets_none(tmp_path):
    text = (
        "from prototypenas.types import Budget, Target\n"
        "TARGETS = {'b': Target('b', 'mine', 'cortex-m4', 1, 1000, 2000, Budget(ram_bytes=600))}\n"
    )
    assert load_plugin_file(written(tmp_path, text)).targets["b"].budget == Budget(ram_bytes=600, rom_bytes=2000)


def test_a_file_that_raised_is_run_anew_once_it_is_mended(tmp_path):
    with pytest.raises(PluginError):
        load_plugin_file(written(tmp_path, "1 / 0\n"))
    assert "size" in load_plugin_file(written(tmp_path, PROXY)).proxies


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, content):
    if content is not None:
        (tmp_path / "mine.py").write_bytes(content)
    with pytest.raises(PluginError, match=r"mine\.py cannot be read"):
        load_plugin_file(tmp_path / "mine.py")


def test_what_a_plugin_defines_can_be_pickled_once_a_worker_has_loaded_its_text(tmp_path):
    plugin = load_plugin_file(written(tmp_path, PROXY))
    assert plugin.source is not None
    parcel = pickle.dumps(plugin.proxies["size"])
    del sys.modules[plugin.source.module_name]
    (tmp_path / "mine.py").unlink()
    with pytest.raises(ModuleNotFoundError):
        pickle.loads(parcel)
    load_all([plugin.source])
    assert pickle.loads(parcel)(None) == 1.0


def test_files_of_one_name_and_text_in_different_places_are_different_modules(tmp_path):
    (tmp_path / "there").mkdir()
    first = load_plugin_file(written(tmp_path, PROXY))
    second = load_plugin_file(written(tmp_path / "there", PROXY))
    assert first.source is not None and second.source is not None
    assert first.source.module_name != second.source.module_name
    assert load_plugin_file(tmp_path / "mine.py").proxies["size"] is first.proxies["size"], "run once in a process"


def test_installed_packages_bring_theirs_by_entry_points(monkeypatch):
    offered = {
        "prototypenas.proxies": [EntryPoint("words", "textwrap:wrap", "prototypenas.proxies")],
        "prototypenas.baselines": [EntryPoint("net", "textwrap:fill", "prototypenas.baselines")],
    }
    monkeypatch.setattr(plugins, "entry_points", lambda group: offered.get(group, []))
    plugin = load_entry_points()
    assert set(plugin.proxies) == {"words"} and dict(plugin.kernels) == {"net": DEFAULT_KERNELS}
    assert plugin.source is None, "installed on the workers as well"
    assert set(plugin.packages) == {"words", "net"} and plugin.packages["net"].startswith("an unknown package ")


@pytest.mark.parametrize("value", ["not_installed_here:part", "textwrap:no_such_part"])
def test_an_entry_point_that_cannot_be_loaded_is_named(value, monkeypatch):
    broken = EntryPoint("words", value, "prototypenas.proxies")
    monkeypatch.setattr(plugins, "entry_points", lambda group: [broken] if group == broken.group else [])
    with pytest.raises(PluginError, match=r"entry point prototypenas\.proxies words of an unknown package"):
        load_entry_points()


def test_an_entry_point_of_a_wrong_kind_is_named_also_by_what_asks_for_one_kind_only(monkeypatch):
    wrong = EntryPoint("board", "textwrap:wrap", "prototypenas.targets")
    monkeypatch.setattr(plugins, "entry_points", lambda group: [wrong] if group == wrong.group else [])
    with pytest.raises(PluginError, match=r"an installed package: target board is .*must be a prototypenas\.Target"):
        known_targets()
