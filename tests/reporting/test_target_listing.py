from dataclasses import replace

from prototypenas.costing.targets import load_targets
from prototypenas.reporting.table import ABSENT
from prototypenas.reporting.target_listing import kib, target_table
from prototypenas.types import Budget


def test_what_may_be_used_stands_beside_what_there_is_and_no_limit_is_absent():
    target = load_targets()["rp2040"]
    unlimited = replace(target, budget=Budget())
    ours, other = target_table({"rp2040": target, "mine": unlimited}).rows
    assert ours[3:6] == ("128 of 264", "1,024 of 2,048", "20")
    assert other[3:6] == (f"{ABSENT} of 264", f"{ABSENT} of 2,048", ABSENT)


def test_sizes_are_in_kib():
    assert (kib(1536), kib(None)) == ("2", ABSENT)
