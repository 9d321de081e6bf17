"""Anybody's own data: the form is seen from the path."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch
from numpy.typing import NDArray

from evaluators.datasets.picture_folder import has_pictures, load_picture_folder
from evaluators.datasets.samples import ClassificationData, Samples, assembled
from evaluators.datasets.series_files import LabelledSeries, read_table, read_ts
from evaluators.datasets.splits import grouped_split, stratified_split
from evaluators.datasets.windows import Recording, windowed_data
from prototypenas.errors import DatasetError
from prototypenas.types import InputShape

SPLIT_SEED = 20
TEST_SHARE = 0.2

FORMS = (
    "a folder of pictures, one subfolder a class (or train/ and test/ of such); "
    "an .npz with x, y (and x_test, y_test); a .csv or .parquet with a column label; "
    "a .ts file, or a folder with <name>_TRAIN.ts and <name>_TEST.ts"
)


def open_dataset(path: Path, *, input_shape: InputShape | None = None) -> ClassificationData:
    """Read a data set of the user's own; without an official split a fifth is held out by a fixed seed.

    Pictures are shown at 3x128x128, series whole, unless `input_shape` says otherwise; a shorter length cuts series
    into windows. Series of one `group` stay on one side of the split.

    Raises:
        DatasetError: if the path is missing, its form is unknown, or its content cannot be learnt from.
    """
    if not path.exists():
        raise DatasetError(f"{path} does not exist; own data is {FORMS}")
    if path.is_dir():
        return _open_folder(path, input_shape)
    match path.suffix.lower():
        case ".npz":
            return _open_arrays(path, input_shape)
        case ".csv" | ".parquet":
            return _from_series(path.stem, read_table(path), input_shape)
        case ".ts":
            return _open_ts(path, input_shape)
        case _:
            raise DatasetError(f"{path} is of no known form; own data is {FORMS}")


def _open_folder(folder: Path, input_shape: InputShape | None) -> ClassificationData:
    trained = sorted(folder.glob("*_TRAIN.ts"))
    if trained:
        return _open_ts(trained[0], input_shape)
    if has_pictures(folder):
        return load_picture_folder(folder, name=folder.resolve().name, input_shape=input_shape or (3, 128, 128))
    raise DatasetError(f"{folder} holds no data of a known form; own data is {FORMS}")


def _open_ts(path: Path, input_shape: InputShape | None) -> ClassificationData:
    stem = path.stem.removesuffix("_TRAIN").removesuffix("_TEST")
    train, test = (path.with_name(f"{stem}_{part}.ts") for part in ("TRAIN", "TEST"))
    if not (train.exists() and test.exists()):
        return _from_series(path.stem, read_ts(path), input_shape)
    parts = [read_ts(train), read_ts(test)]
    joined = LabelledSeries(
        signals=parts[0].signals + parts[1].signals,
        labels=parts[0].labels + parts[1].labels,
        groups=tuple(f"{name}{group}" for name, part in zip("ab", parts, strict=True) for group in part.groups),
        held=(False,) * len(parts[0].labels) + (True,) * len(parts[1].labels),
    )
    return _from_series(stem, joined, input_shape)


def _from_series(name: str, series: LabelledSeries, input_shape: InputShape | None) -> ClassificationData:
    lengths = {len(signal) for signal in series.signals}
    if input_shape is None and len(lengths) > 1:
        raise DatasetError(
            f"series of {name} are {min(lengths)} to {max(lengths)} samples long; choose a window, "
            f"for example an input shape {series.signals[0].shape[1]}x{min(lengths)}"
        )
    classes = sorted(set(series.labels), key=_natural)
    held, split = _held(series)
    # A series is its own group where none are named, so that windows of one series stay together.
    groups = [f"{'test' if out else 'train'} {group}" for out, group in zip(held, series.groups, strict=True)]
    recordings = (
        Recording(signal, classes.index(label), group, f"series {number}")
        for number, (signal, label, group) in enumerate(zip(series.signals, series.labels, groups, strict=True), 1)
    )
    data = windowed_data(
        name,
        classes,
        recordings,
        input_shape=input_shape or (series.signals[0].shape[1], min(lengths)),
        test_groups=frozenset(group for out, group in zip(held, groups, strict=True) if out),
        split=split,
    )
    # Unrelated whole series are better held out for validation by class than as groups of one.
    return data if len(set(series.groups)) < len(series.groups) else replace(data, train_groups=None)


def _held(series: LabelledSeries) -> tuple[Sequence[bool], str]:
    if series.held is not None:
        return series.held, "as the files say"
    if len(set(series.groups)) < len(series.groups):
        _, groups = grouped_split(series.groups, TEST_SHARE, seed=SPLIT_SEED)
        return [group in groups for group in series.groups], f"by group; held out: {', '.join(sorted(groups))}"
    numbers = np.unique(series.labels, return_inverse=True)[1].astype(np.int64)
    _, places = stratified_split(numbers, TEST_SHARE, seed=SPLIT_SEED)
    chosen = set(places.tolist())
    return [place in chosen for place in range(len(numbers))], "80/20 of the series of each class, fixed seed"


def _open_arrays(path: Path, input_shape: InputShape | None) -> ClassificationData:
    try:
        # numpy leaves a file open that it cannot read, so it is opened here.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, BadZipFile, EOFError) as error:
        raise DatasetError(f"{path} is no whole .npz of plain arrays: {error}") from error
    if not {"x", "y"} <= set(arrays):
        raise DatasetError(f"{path} holds {', '.join(arrays) or 'nothing'}; x (samples) and y (labels) are needed")
    classes = sorted({str(label) for label in arrays["y"].tolist()}, key=_natural)
    samples = _samples(path, arrays["x"], arrays["y"], classes)
    if "x_test" in arrays and "y_test" in arrays:
        train, test = samples, _samples(path, arrays["x_test"], arrays["y_test"], classes)
        split = "as the file says"
    else:
        kept, out = stratified_split(samples.targets.numpy(), TEST_SHARE, seed=SPLIT_SEED)
        train, test, split = samples.at(kept), samples.at(out), "80/20 within each class, fixed seed"
    return assembled(path.stem, classes, train, test, input_shape=input_shape, split=split)


def _samples(path: Path, x: NDArray[np.generic], y: NDArray[np.generic], classes: Sequence[str]) -> Samples:
    """Images `(N, H, W)`, `(N, H, W, 1 or 3)` or `(N, C, H, W)` uint8; series `(N, T)` or `(N, C, T)` of any number."""
    numbers = {label: number for number, label in enumerate(classes)}
    unknown = sorted({str(label) for label in y.tolist()} - set(classes))
    if unknown:
        raise DatasetError(f"{path} has test labels that training lacks: {', '.join(unknown)}")
    if len(x) != len(y):
        raise DatasetError(f"{path} has {len(x)} samples but {len(y)} labels")
    targets = torch.tensor([numbers[str(label)] for label in y.tolist()])
    if x.dtype == np.uint8:
        images = x[:, None] if x.ndim == 3 else x
        if images.ndim == 4 and images.shape[3] in (1, 3) and images.shape[1] not in (1, 3):
            images = images.transpose(0, 3, 1, 2)
        if images.ndim != 4:
            raise DatasetError(f"{path} has images of shape {x.shape}; (N, H, W), (N, H, W, C) or (N, C, H, W)")
        return Samples(torch.from_numpy(np.ascontiguousarray(images)), targets)
    if x.dtype.kind not in "fiu" or x.ndim not in (2, 3):
        raise DatasetError(f"{path} has x {x.dtype} {x.shape}; series are (N, T) or (N, C, T) numbers, images uint8")
    series = x[:, None] if x.ndim == 2 else x
    return Samples(torch.from_numpy(np.ascontiguousarray(series, dtype=np.float32)), targets)


def _natural(label: str) -> tuple[int, float, str]:
    """Numbers by value before words."""
    try:
        return (0, float(label), label)
    except ValueError:
        return (1, 0.0, label)
