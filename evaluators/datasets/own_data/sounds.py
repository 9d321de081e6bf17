"""A folder of WAV files by class, seen by networks as log-mel spectrograms."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from evaluators.augmentation import Augmentation
from evaluators.datasets.class_folders import Entries, Listing, files_below, list_classes, unwrapped, visible_folders
from evaluators.datasets.own_data.file_labels import (
    NAME_PART,
    in_class_folders,
    labels_from_names,
    labels_from_table,
    speakers,
)
from evaluators.datasets.own_data.labels import in_order
from evaluators.datasets.own_data.sound_files import at_rate, clips_of, read_wav
from evaluators.datasets.reading import Reading
from evaluators.datasets.samples import ClassificationData, Samples, assembled
from evaluators.datasets.splits import grouped_split, stratified_split
from prototypenas.errors import ConfigurationError
from prototypenas.sound.log_mel import LogMel
from prototypenas.types import InputShape

SOUNDS = frozenset({".wav"})
SPLIT_SEED = 20
TEST_SHARE = 0.2

FRAME_SECONDS, HOP_SECONDS = 0.025, 0.02
MOST_FRAMES = 128
"""Longer clips get fewer frames a second."""
LONGEST_SECONDS = 5.0
"""Longer sounds are cut into clips of a second."""
USUAL = 95
"""Percentile of the lengths that a clip has where most sounds are shorter than the longest."""
LISTS = {"val": "validation_list.txt", "test": "testing_list.txt"}
"""Files of Speech Commands that name the sounds of a part."""
HEARD = Augmentation(shift=2, brightness=0.1)
"""A picture of sound may move a little in time and pitch and be louder, but never be mirrored."""


@dataclass(frozen=True)
class _Sounds:
    """All files with class, part and speaker."""

    entries: Entries
    parts: dict[Path, str]
    groups: dict[Path, str]
    notes: tuple[str, ...]


def is_sound_folder(path: Path) -> bool:
    """Whether a folder holds WAV files."""
    return path.is_dir() and next(files_below(path, SOUNDS), None) is not None


def open_sounds(path: Path, reading: Reading) -> ClassificationData:
    """Read WAV files by class folder, by a table that names them, or by a part of their names.

    Clips have one length: all sounds are brought to the usual one, and those beyond 5 s cut into clips of 1 s. Parts
    are those of folders or of Speech Commands' lists; otherwise a fifth is held out, whole speakers where the file
    names tell them.

    Raises:
        DatasetError: if a file is no WAV, the folder can be read in several ways, or what `assembled` refuses.
        ConfigurationError: if the input shape is no `(1, bands, frames)` that the clips can be shown at.
    """
    found = _found(path, reading)
    rate, lengths = _measured([file for file, _ in found.entries])
    log_mel = front_end_for(rate, lengths, reading.input_shape)
    parts, split = _split(found)
    classes = in_order([label for _, label in found.entries])
    whole = {part: _samples(found.entries, parts, part, classes, log_mel) for part in ("train", "val", "test")}
    (train, train_files), (test, test_files) = whole["train"], whole["test"]
    data = assembled(
        path.stem if path.is_file() else path.resolve().name,
        classes,
        train,
        test,
        augmentation=HEARD,
        split=split,
        train_groups=_train_groups(found, train_files),
    )
    seconds = log_mel.clip / rate
    number_of_file = {file: number for number, file in enumerate(dict.fromkeys(test_files))}
    words = f"WAV files, clips of {seconds:g} s at {rate:,} Hz as {log_mel.bands} mel bands by {log_mel.frames} frames"
    validation = whole["val"][0] if len(whole["val"][0]) else None
    several = len(set(test_files)) < len(test_files)
    return replace(
        data,
        validation=validation,
        test_series=torch.tensor([number_of_file[file] for file in test_files]) if several else None,
        front_end=log_mel,
        reading="; ".join((words, *found.notes)),
    )


def front_end_for(rate: int, lengths: Sequence[int], shape: InputShape | None) -> LogMel:
    """Return the spectrogram that suits sounds of these lengths, or one of the shape asked for.

    Raises:
        ConfigurationError: if no spectrogram of these clips has that shape.
    """
    usual = int(np.percentile(lengths, USUAL)) if max(lengths) > 1.5 * float(np.median(lengths)) else max(lengths)
    clip = usual if usual <= LONGEST_SECONDS * rate else rate
    frame = 1 << max(4, int(np.ceil(np.log2(FRAME_SECONDS * rate))))
    hop = round(HOP_SECONDS * rate)
    clip = max(clip, frame)
    while (clip - frame) // hop + 1 > MOST_FRAMES:
        hop *= 2
    usual_shape = LogMel(rate, clip, frame, hop, bands=40 if rate >= 8000 else 20)
    if shape is None or shape == (1, usual_shape.bands, usual_shape.frames):
        return usual_shape
    if len(shape) != 3 or shape[0] != 1 or (shape[2] > 1 and clip - frame < shape[2] - 1):
        wanted = "x".join(map(str, shape))
        raise ConfigurationError(f"sounds are seen as 1xBANDSxFRAMES, here 1x40x{usual_shape.frames}, not {wanted}")
    asked = LogMel(rate, clip, frame, (clip - frame) // max(1, shape[2] - 1), shape[1])
    # Whole hops may leave room for one more frame than was asked for: the clip ends with the last one.
    return replace(asked, clip=frame + asked.hop * (shape[2] - 1))


def _found(path: Path, reading: Reading) -> _Sounds:
    files = sorted(files_below(path, SOUNDS))
    by_table = labels_from_table(path, files, reading) if reading.layout is None else None
    if by_table is not None and not in_class_folders(by_table.entries):
        return _Sounds(by_table.entries, by_table.parts, by_table.groups, (by_table.note,))
    inner = unwrapped(path, SOUNDS)
    if NAME_PART.fullmatch(reading.layout or "") or len(_class_folders(inner)) < 2:
        named = labels_from_names(path, files, reading)
        groups, note = speakers(named.entries)
        return _Sounds(named.entries, {}, groups, tuple(filter(None, (named.note, note))))
    listing = list_classes(inner, SOUNDS, path.name, layout=reading.layout)
    return _by_folders(inner, listing)


def _by_folders(folder: Path, listing: Listing) -> _Sounds:
    parts = {file: part for part in ("val", "test") for file, _ in getattr(listing, part)}
    entries = listing.train + listing.val + listing.test
    aside = sorted({label for _, label in entries if label.startswith("_")})
    entries = [(file, label) for file, label in entries if label not in aside]
    notes = [*listing.notes, *([f"left aside: {', '.join(aside)}"] if aside else [])]
    if not parts:
        parts = _listed_parts(folder, [file for file, _ in entries])
        notes += ["parts: " + " and ".join(LISTS.values())] if parts else []
    groups, note = speakers(entries)
    return _Sounds(entries, parts, groups, tuple(filter(None, (*notes, note))))


def _listed_parts(folder: Path, files: Iterable[Path]) -> dict[Path, str]:
    """Read Speech Commands' lists of validation and test files, one `<class>/<file>` a line."""
    known = set(files)
    parts = {}
    for part, name in LISTS.items():
        place = folder / name
        if place.is_file():
            for line in place.read_text(encoding="utf-8", errors="replace").splitlines():
                if folder / line.strip() in known:
                    parts[folder / line.strip()] = part
    return parts


def _class_folders(folder: Path) -> list[Path]:
    return [child for child in visible_folders(folder) if next(files_below(child, SOUNDS), None) is not None]


def _measured(files: Sequence[Path]) -> tuple[int, list[int]]:
    """Return the most frequent sample rate, and the length of every sound at it."""
    found = [(rate, len(samples)) for rate, samples in map(read_wav, files)]
    rate = Counter(rate for rate, _ in found).most_common(1)[0][0]
    return rate, [max(1, length * rate // own) for own, length in found]


def _split(found: _Sounds) -> tuple[dict[Path, str], str]:
    if "test" in found.parts.values():
        return found.parts, "as the files say"
    files = [file for file, _ in found.entries]
    if found.groups and len(set(found.groups.values())) > 1:
        _, held = grouped_split([found.groups[file] for file in files], TEST_SHARE, seed=SPLIT_SEED)
        shown = ", ".join(sorted(held)[:8]) + (", ..." if len(held) > 8 else "")
        return {file: "test" for file in files if found.groups[file] in held}, f"by speaker or group; held out: {shown}"
    numbers = np.unique([label for _, label in found.entries], return_inverse=True)[1].astype(np.int64)
    _, places = stratified_split(numbers, TEST_SHARE, seed=SPLIT_SEED)
    return {files[place]: "test" for place in places}, "80/20 of the sounds of each class, fixed seed"


def _samples(
    entries: Entries, parts: dict[Path, str], part: str, classes: Sequence[str], log_mel: LogMel
) -> tuple[Samples, list[Path]]:
    """Return the spectrograms of a part, and the file of each."""
    pictures: list[NDArray[np.uint8]] = [np.empty((0, log_mel.bands, log_mel.frames), dtype=np.uint8)]
    labels: list[int] = []
    sources: list[Path] = []
    for file, label in entries:
        if parts.get(file, "train") != part:
            continue
        rate, samples = read_wav(file)
        clips = clips_of(at_rate(samples, rate, log_mel.rate_hz), log_mel.clip)
        pictures.append(log_mel.features(np.stack(clips)))
        labels += [classes.index(label)] * len(clips)
        sources += [file] * len(clips)
    inputs = torch.from_numpy(np.concatenate(pictures)[:, None])
    return Samples(inputs, torch.tensor(labels, dtype=torch.int64)), sources


def _train_groups(found: _Sounds, files: Sequence[Path]) -> torch.Tensor | None:
    """Number the speakers of the training clips; without speakers, the files where these have several clips."""
    names = [found.groups.get(file, str(file)) for file in files]
    numbers = {name: number for number, name in enumerate(sorted(set(names)))}
    if len(numbers) in (0, 1, len(names)):
        return None
    return torch.tensor([numbers[name] for name in names])
