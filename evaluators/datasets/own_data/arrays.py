"""Arrays of numpy: an `.npz`, or a folder of `.npy`, with samples and labels under the names people give them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tokenize import TokenError
from zipfile import BadZipFile
from zlib import error as ZlibError

import numpy as np
import torch
from numpy.typing import NDArray

from evaluators.datasets.class_folders import part_of
from evaluators.datasets.own_data.array_layouts import arranged
from evaluators.datasets.own_data.labels import in_order, label_names, refuse_too_many
from evaluators.datasets.own_data.series import LabelledSeries, dataset_of, filled
from evaluators.datasets.reading import Reading, ambiguous
from evaluators.datasets.samples import ClassificationData, Samples, assembled
from evaluators.datasets.splits import grouped_split, stratified_split
from prototypenas.errors import DatasetError

SPLIT_SEED = 20
TEST_SHARE = 0.2

SAMPLE_WORDS = frozenset({"x", "data", "images", "image", "imgs", "img", "samples", "inputs", "signals", "pictures"})
LABEL_WORDS = frozenset({"y", "labels", "label", "targets", "target", "classes", "class"})
GROUP_WORDS = frozenset({"group", "groups", "subject", "subjects", "person", "speaker", "patient"})
NAMES = "x and y, with _train, _val and _test where they are parted (or images and labels, data and targets)"


@dataclass(frozen=True, eq=False)
class ArrayParts:
    """The arrays of each part, `train` first."""

    samples: dict[str, NDArray[np.generic]] = field(default_factory=dict)
    labels: dict[str, NDArray[np.generic]] = field(default_factory=dict)
    groups: dict[str, NDArray[np.generic]] = field(default_factory=dict)
    unused: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Names:
    """Labels and groups of the samples of each part, as text."""

    labels: Mapping[str, Sequence[str]]
    groups: Mapping[str, Sequence[str]]


def is_arrays(path: Path) -> bool:
    """Whether it is an `.npz`, or a folder with `.npy` or `.npz` files."""
    return path.suffix.lower() == ".npz" if path.is_file() else any(path.glob("[!.]*.np[yz]"))


def open_arrays(path: Path, reading: Reading) -> ClassificationData:
    """Read samples and labels; what they are follows from shape and numbers, or from `--layout`.

    Raises:
        DatasetError: if a file is damaged, an array is missing, or shapes and labels cannot be learnt from.
    """
    arrays = _of_folder(path) if path.is_dir() else _of_archive(path)
    return dataset_from_arrays(path, roles_of(path, arrays), reading, "arrays of numpy")


def dataset_from_arrays(path: Path, parts: ArrayParts, reading: Reading, form: str) -> ClassificationData:
    """Put arrays whose roles are known together as a data set.

    Raises:
        DatasetError: if shapes, numbers or labels cannot be learnt from.
    """
    names = _Names(
        {part: label_names(values, f"{path}, labels of {part}") for part, values in parts.labels.items()},
        {part: label_names(values, f"{path}, groups of {part}") for part, values in parts.groups.items()},
    )
    classes = _check(path, parts, names.labels)
    samples, words = arranged(path, parts.samples, reading)
    notes = (form, words, *([f"left aside: {', '.join(parts.unused)}"] if parts.unused else []))
    if next(iter(samples.values())).ndim == 3:
        return _series(path, samples, names, notes, reading)
    numbers = {part: torch.tensor(list(map(classes.index, labels))) for part, labels in names.labels.items()}
    whole = {part: Samples(torch.from_numpy(values), numbers[part]) for part, values in samples.items()}
    train, test, split = _split(whole, names.groups.get("train"))
    data = assembled(
        path.stem,
        classes,
        train,
        test,
        input_shape=reading.input_shape,
        split=split,
    )
    return replace(data, validation=whole.get("val") if "test" in whole else None, reading="; ".join(notes))


def roles_of(path: Path, arrays: Mapping[str, NDArray[np.generic]]) -> ArrayParts:
    """Find samples, labels and groups of each part by their names, in any case: `X_train`, `train_images`, `testY`.

    Raises:
        DatasetError: if samples or labels are missing, or two arrays have one role.
    """
    parts = ArrayParts()
    for name, values in arrays.items():
        words = set(re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower()))
        part = part_of(name) or "train"
        kinds = [parts.samples, parts.labels, parts.groups]
        known = (SAMPLE_WORDS, LABEL_WORDS, GROUP_WORDS)
        kind = next((kind for kind, wanted in zip(kinds, known, strict=True) if words & wanted), None)
        if kind is None:
            parts.unused.append(name)
        elif part in kind:
            raise DatasetError(f"{path} has two arrays for one thing, {name} among {', '.join(arrays)}; keep one")
        else:
            kind[part] = values
    if "train" not in parts.samples or "train" not in parts.labels:
        held = ", ".join(arrays) or "nothing"
        raise DatasetError(f"{path} holds {held}; x (samples) and y (labels) are needed: {NAMES}")
    lonely = sorted(set(parts.samples) ^ set(parts.labels))
    if lonely:
        raise DatasetError(f"{path} has samples or labels of the part {lonely[0]}, but not both")
    return parts


def _of_archive(path: Path) -> dict[str, NDArray[np.generic]]:
    try:
        # numpy leaves a file open that it cannot read, so it is opened here.
        with path.open("rb") as stream:
            content = np.load(stream, allow_pickle=False)
            if isinstance(content, np.ndarray):
                raise DatasetError(f"{path} is a single array {content.shape}, an .npy by another name; {NAMES}")
            with content as archive:
                return {name: archive[name] for name in archive.files}
    except _UNREADABLE as error:
        raise DatasetError(f"{path} is no whole .npz of plain arrays: {error}") from error


def _of_folder(folder: Path) -> dict[str, NDArray[np.generic]]:
    """Return the arrays of a folder by the names of their files; a single `.npz` by the names within."""
    arrays: dict[str, NDArray[np.generic]] = {}
    archives = sorted(folder.glob("[!.]*.npz"))
    several = {path: _of_archive(path) for path in archives}
    if any(len(content) > 1 for content in several.values()):
        if len(archives) > 1:
            readings = {f"--data {path}": f"holds {', '.join(list(several[path])[:4])}" for path in archives[:8]}
            raise ambiguous(f"{folder} with {len(archives)} .npz files", readings)
        return several[archives[0]]
    for path, content in several.items():
        arrays[path.stem] = next(iter(content.values()), np.empty(0))
    for path in sorted(folder.glob("[!.]*.npy")):
        try:
            arrays[path.stem] = np.load(path, allow_pickle=False)
        except _UNREADABLE as error:
            raise DatasetError(f"{path} is no whole .npy of a plain array: {error}") from error
    return arrays


_UNREADABLE = (
    ValueError,
    BadZipFile,
    EOFError,
    KeyError,
    TypeError,
    NotImplementedError,
    RuntimeError,
    ZlibError,
    SyntaxError,
    TokenError,
)
"""What numpy and zipfile raise on damaged content; a header of an array is parsed as Python."""


def _check(path: Path, parts: ArrayParts, labels: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    for part, values in parts.samples.items():
        if values.ndim == 0:
            raise DatasetError(f"{path}: the samples of {part} are one value; an array (N, ...) is needed")
        if len(values) != len(labels[part]):
            raise DatasetError(f"{path} has {len(values)} samples but {len(labels[part])} labels in {part}")
        if not values.size:
            raise DatasetError(f"{path}: the samples of {part} have shape {values.shape}: nothing in it")
    classes = in_order(labels["train"])
    refuse_too_many(labels["train"], path)
    unknown = sorted({name for names in labels.values() for name in names} - set(classes))
    if unknown:
        raise DatasetError(f"{path} has test labels that training lacks: {', '.join(unknown)}")
    return classes


def _series(
    path: Path, samples: Mapping[str, NDArray[np.generic]], names: _Names, notes: Sequence[str], reading: Reading
) -> ClassificationData:
    signals = [
        filled(np.ascontiguousarray(signal.T), f"{path}, series {number} of {part}")[0]
        for part, values in samples.items()
        for number, signal in enumerate(values, 1)
    ]
    grouped = names.groups.keys() == samples.keys()
    series = LabelledSeries(
        tuple(signals),
        tuple(label for part in samples for label in names.labels[part]),
        tuple(group for part in samples for group in names.groups[part]) if grouped else None,
        tuple(part for part in samples for _ in names.labels[part]) if len(samples) > 1 else None,
        tuple(notes),
    )
    return dataset_of(path.stem, series, reading)


def _split(whole: Mapping[str, Samples], groups: Sequence[str] | None) -> tuple[Samples, Samples, str]:
    if "test" in whole:
        return whole["train"], whole["test"], "as the file says"
    if "val" in whole:
        return whole["train"], whole["val"], "as the file says; without a test part, the validation part is tested on"
    train = whole["train"]
    if groups is not None:
        _, held = grouped_split(groups, TEST_SHARE, seed=SPLIT_SEED)
        out = np.array([group in held for group in groups])
        words = f"by group; held out: {', '.join(sorted(held))}"
        return train.at(np.flatnonzero(~out)), train.at(np.flatnonzero(out)), words
    kept, places = stratified_split(train.targets.numpy(), TEST_SHARE, seed=SPLIT_SEED)
    return train.at(kept), train.at(places), "80/20 within each class, fixed seed"
