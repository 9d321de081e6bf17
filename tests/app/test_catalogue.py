"""All parts together; a later one wins, and its file stands in the record."""

from prototypenas.app.catalogue import gather, merged
from prototypenas.objectives import Origin

PLUGIN = """
from prototypenas.protocols import OwnCost

def snip(evidence):
    return 1.0

def net(configuration, input_shape, num_classes):
    raise NotImplementedError

PROXIES = {"snip": snip}
BASELINES = {"net": net}
COSTS = {"rows": OwnCost(snip, unit="rows", minimised=False)}
"""


def test_a_plugin_wins_over_ours_and_joins_every_pool(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(PLUGIN)
    found, ours = gather([file]), gather()
    assert found.proxies["snip"] is not ours.proxies["snip"] and found.proxies["meco"] is ours.proxies["meco"]
    assert all(pool[-1] == "net" for pool in found.pools.values()) and "net" not in ours.baselines
    rows = found.cost_objectives["rows"]
    assert (rows.origin, rows.minimised, rows.unit) == (Origin.COST, False, "rows") and "flops" in found.cost_objectives


def test_only_files_that_bring_a_part_in_use_are_recorded_and_by_their_text(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(PLUGIN)
    before = gather([file])
    assert before.origins(["meco", "mbednet"]) == () and len(before.origins(["snip", "net"])) == 1
    file.write_text(PLUGIN + "\n")
    assert gather([file]).origins(["snip"]) != before.origins(["snip"])


def test_a_part_of_an_installed_package_is_recorded_with_version_and_text_and_only_where_it_is_used(
    tmp_path, monkeypatch
):
    module, facts = tmp_path / "their_proxies.py", tmp_path / "theirs-1.5.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.5\n")
    (facts / "entry_points.txt").write_text("[prototypenas.proxies]\ntheir_size = their_proxies:size\n")
    module.write_text("def size(evidence):\n    return 1.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    before = gather()
    (found,) = before.origins(["their_size"])
    assert found.startswith("theirs 1.5 ") and before.origins(["meco"]) == ()
    module.write_text("def size(evidence):\n    return 2.0\n")
    assert gather().origins(["their_size"]) != (found,), "the same version of another text"


def test_of_mappings_the_last_wins():
    assert merged({"a": 1, "b": 1}, [{"b": 2}, {"b": 3, "c": 3}]) == {"a": 1, "b": 3, "c": 3}
