from pathlib import Path

import pytest

from evaluators.datasets.own_data.file_labels import in_class_folders, labels_from_names, name_parts, speakers
from evaluators.datasets.reading import Reading
from prototypenas.errors import DatasetError


def files(*names):
    return [Path("data") / name for name in names]


def test_names_are_parted_only_where_all_have_as_many_parts():
    assert name_parts(files("0_jackson-1.wav", "1_theo 2.wav")) == [["0", "jackson", "1"], ["1", "theo", "2"]]
    assert name_parts(files("0_jackson.wav", "theo.wav")) == []


def test_the_part_that_is_asked_for_is_the_class():
    found = labels_from_names(Path("data"), files("0_a.wav", "1_a.wav", "0_b.wav"), Reading(layout="name-part-1"))
    assert sorted(label for _, label in found.entries) == ["0", "0", "1"]
    with pytest.raises(DatasetError):
        labels_from_names(Path("data"), files("0_a.wav", "1_a.wav"), Reading(layout="name-part-9"))


def test_speakers_are_found_in_names():
    entries = [(Path(f"{digit}_{who}_{take}.wav"), str(digit)) for digit in range(3) for who in "ab" for take in (1, 2)]
    named, said = speakers(entries)
    assert set(named.values()) == {"a", "b"} and said == "speakers: part 2 of the file names"
    assert all(path.stem.split("_")[1] == who for path, who in named.items())


def test_speech_commands_name_their_speaker_before_nohash():
    entries = [(Path(f"yes/{who}_nohash_{take}.wav"), "yes") for who in ("0a7c", "1b4f") for take in (0, 1)]
    assert set(speakers(entries)[0].values()) == {"0a7c", "1b4f"}


def test_numbers_and_single_takes_are_no_speakers():
    assert speakers([(Path(f"{label}_{n}.wav"), label) for label in "ab" for n in range(6)]) == ({}, "")


def test_folders_say_as_much_as_a_table_if_most_files_lie_in_theirs():
    assert in_class_folders([(Path("Cat/1.png"), "cat"), (Path("dog/2.png"), "dog"), (Path("new/3.png"), "dog")])
    assert not in_class_folders([(Path("a/1.png"), "cat"), (Path("dog/2.png"), "dog")])
