import numpy as np
import pytest

from evaluators.datasets.own_data.series import LabelledSeries
from evaluators.datasets.own_data.text_files import file_pairs, joined, read_text, the_one_problem
from prototypenas.errors import DatasetError

TS = frozenset({".ts"})


@pytest.mark.parametrize(
    "content", ["müde".encode(), "müde".encode("utf-8-sig"), "müde".encode("utf-16"), "müde".encode("latin-1")]
)
def test_every_encoding_gives_the_same_words(tmp_path, content):
    (tmp_path / "a.txt").write_bytes(content)
    assert read_text(tmp_path / "a.txt") == "müde"


@pytest.mark.parametrize(("content", "said"), [(b" \n", "is empty"), (b"a\0b", "holds zero bytes")])
def test_what_is_no_text_is_named(tmp_path, content, said):
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(DatasetError, match=said):
        read_text(tmp_path / "a.txt")


def test_pairs_are_found_in_any_case_with_any_separator(tmp_path):
    for name in ("Gun_TRAIN.ts", "Gun_TEST.ts", "train-Bee.TS", "validation-Bee.TS", "Ant_test.ts", ".hid_TRAIN.ts"):
        (tmp_path / name).touch()
    found = {pair.name: sorted(pair.parts) for pair in file_pairs(tmp_path, TS)}
    assert found == {"Gun": ["test", "train"], "Bee": ["train", "val"]}


def test_several_problems_are_offered_and_one_file_names_its_own(tmp_path):
    for name in ("Gun_TRAIN.ts", "Gun_TEST.ts", "Bee_TRAIN.ts"):
        (tmp_path / name).touch()
    with pytest.raises(DatasetError, match=r"2 problems.*Bee_TRAIN\.ts: the problem Bee; .*the problem Gun"):
        the_one_problem(tmp_path, TS)
    assert sorted(the_one_problem(tmp_path / "Gun_TEST.ts", TS).parts) == ["test", "train"]
    alone = the_one_problem(tmp_path / "Bee_TRAIN.ts", TS)
    assert (alone.name, sorted(alone.parts)) == ("Bee_TRAIN", ["train"])


def test_groups_of_the_parts_keep_apart():
    signals = (np.zeros((4, 1), np.float32),)
    train, test = (LabelledSeries(signals, ("a",), groups=("1",), notes=("note",)) for _ in range(2))
    both = joined(train, test)
    assert both.groups == ("train 1", "test 1") and both.parts == ("train", "test") and both.notes == ("note",)
