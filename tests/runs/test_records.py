from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from prototypenas.errors import RunDirectoryError
from prototypenas.runs.records import differences, plain, record_of


@dataclass(frozen=True)
class Oven:
    heat: int
    keep: int | tuple[int, ...]
    door: Path | None
    trays: list[Path]
    share: float


OVEN = Oven(180, (3, 5), Path("a/b"), [Path("c")], 0.5)


@pytest.mark.parametrize("oven", [OVEN, replace(OVEN, keep=3, door=None, trays=[]), replace(OVEN, share=1.0)])
def test_what_is_written_is_read_back(oven):
    assert record_of(Oven, {**plain(oven), "colour": "red"}, "the oven") == oven


@pytest.mark.parametrize(
    ("name", "value"),
    [("heat", "180"), ("heat", True), ("heat", None), ("keep", ["3"]), ("door", 3), ("trays", "c"), ("share", "much")],
)
def test_a_value_of_another_type_is_named(name, value):
    with pytest.raises(RunDirectoryError, match=f"the oven does not say '{name}'"):
        record_of(Oven, {**plain(OVEN), name: value}, "the oven")


def test_a_missing_value_is_named():
    content = plain(OVEN)
    del content["share"]
    with pytest.raises(RunDirectoryError, match="does not say 'share'"):
        record_of(Oven, content, "the oven")


def test_all_that_differs_is_named():
    assert (
        differences({"a": 1, "b": 2, "d": 4}, {"a": 1, "b": 3, "c": 4, "d": 4}) == "b was 2, now 3; c was None, now 4"
    )
