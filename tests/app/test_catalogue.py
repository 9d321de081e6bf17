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


def test_of_mappings_the_last_wins():
    assert merged({"a": 1, "b": 1}, [{"b": 2}, {"b": 3, "c": 3}]) == {"a": 1, "b": 3, "c": 3}
