"""The `.ts` form of the UEA and UCR archives."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluators.datasets.own_data.series import LabelledSeries, dataset_of, filled
from evaluators.datasets.own_data.text_files import file_pairs, joined, read_text, the_one_problem
from evaluators.datasets.reading import Reading, checked_layout
from evaluators.datasets.samples import ClassificationData
from prototypenas.errors import DatasetError

TS = frozenset({".ts"})


def is_ts(path: Path) -> bool:
    """Whether it is a `.ts` file or a folder with `<name>_TRAIN.ts`."""
    return path.suffix.lower() == ".ts" if path.is_file() else bool(file_pairs(path, TS))


def open_ts(path: Path, reading: Reading) -> ClassificationData:
    """Read `<name>_TRAIN.ts` and `<name>_TEST.ts`, named by their folder or by one of them, or a single file.

    Raises:
        DatasetError: if a folder holds several problems, or for what `read_ts` refuses.
    """
    checked_layout(reading.layout, {}, f"{path}, which says itself what it holds")
    pair = the_one_problem(path, TS)
    if pair.test is None:
        return dataset_of(pair.name, read_ts(pair.train), reading)
    return dataset_of(pair.name, joined(read_ts(pair.train), read_ts(pair.test)), reading)


def read_ts(path: Path) -> LabelledSeries:
    """Read `@` headers, then `values:values:label`, one `:`-separated part a channel; `?` is a gap and is filled.

    Raises:
        DatasetError: if a header is missing, a row has other channels than declared, or a class is not declared.
    """
    declared: dict[str, list[str]] = {}
    signals: list[NDArray[np.float32]] = []
    labels: list[str] = []
    in_data, gaps = False, 0
    for number, raw in enumerate(read_text(path).splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith(("#", "%")):
            continue
        if not in_data:
            key, *rest = line.split()
            in_data = key.lower() == "@data"
            declared[key.lower()] = rest
            if in_data:
                _check_header(path, declared)
            continue
        *parts, label = line.split(":")
        signal, count = filled(_signal(parts, declared, f"{path}, line {number}"), f"{path}, line {number}")
        signals.append(signal)
        labels.append(label.strip())
        gaps += count
    _check_content(path, declared, labels)
    read = LabelledSeries(tuple(signals), tuple(labels), notes=("a .ts file",))
    return replace(read, notes=(*read.notes, f"{gaps} gaps filled by straight lines")) if gaps else read


def _check_header(path: Path, declared: dict[str, list[str]]) -> None:
    if declared.get("@timestamps", ["false"])[:1] == ["true"]:
        raise DatasetError(f"{path} gives every value its time (@timeStamps true); resample to constant steps first")
    classes = declared.get("@classlabel", [])
    if not classes or classes[0].lower() != "true":
        raise DatasetError(f"{path} declares no classes: `@classLabel true <names>` is needed")
    _channels(path, declared)


def _channels(where: object, declared: dict[str, list[str]]) -> int | None:
    dimensions = declared.get("@dimensions") or declared.get("@dimension")
    if dimensions:
        if not dimensions[0].isdigit() or int(dimensions[0]) < 1:
            raise DatasetError(f"{where} declares @dimensions {dimensions[0]}; a whole number above 0 is needed")
        return int(dimensions[0])
    univariate = [value.lower() for value in declared.get("@univariate", [])] == ["true"]
    return 1 if univariate else None


def _signal(parts: Sequence[str], declared: dict[str, list[str]], place: str) -> NDArray[np.float32]:
    expected = _channels(place, declared)
    if not parts or (expected is not None and len(parts) != expected):
        raise DatasetError(f"{place} has {len(parts)} channels, the header declares {expected}")
    try:
        channels = [
            [float("nan") if value.strip() == "?" else float(value) for value in part.split(",")] for part in parts
        ]
    except ValueError as error:
        raise DatasetError(f"{place} holds something that is no number ({error})") from error
    if len({len(channel) for channel in channels}) != 1:
        raise DatasetError(f"{place} has channels of different lengths")
    with np.errstate(over="ignore"):  # what float32 cannot hold becomes infinite, and is refused as such
        return np.asarray(channels, dtype=np.float32).T


def _check_content(path: Path, declared: dict[str, list[str]], labels: Sequence[str]) -> None:
    if "@data" not in declared or not labels:
        raise DatasetError(f"{path} has no series after @data")
    classes = declared["@classlabel"][1:]
    unknown = sorted(set(labels) - set(classes))
    if unknown:
        raise DatasetError(f"{path} labels a series {unknown[0]!r}; declared are {', '.join(classes)}")
