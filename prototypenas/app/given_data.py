"""Data as a user hands them over: a name, a path, arrays, or a torch Dataset."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch.utils.data import Dataset

from prototypenas.app.catalogue import Catalogue
from prototypenas.app.settings import DataSettings
from prototypenas.choices import choose
from prototypenas.errors import ConfigurationError, DatasetError
from prototypenas.runs.atomic_files import written_whole

GIVEN = "given"
"""Folder of a run directory that keeps data that came as arrays, so that the run can be continued without them."""

GivenData = str | Path | tuple[ArrayLike, ArrayLike] | Dataset[Any]


def is_path(data: object, catalogue: Catalogue) -> bool:
    """Say whether the data are files; a name of the catalogue wins over a file of that name."""
    return isinstance(data, Path) or (isinstance(data, str) and data not in catalogue.datasets and Path(data).exists())


def named_data(
    data: GivenData, catalogue: Catalogue, settings: DataSettings, run: Path
) -> tuple[str | None, DataSettings]:
    """Return the name of a data set, or settings with a path; arrays are kept in the folder `run` first.

    Raises:
        ConfigurationError: for an unknown name.
        DatasetError: for arrays that are no samples and labels.
    """
    if is_path(data, catalogue):
        return None, replace(settings, own_data=Path(str(data)))
    if isinstance(data, str):
        choose("data set", data, catalogue.datasets)
        return data, replace(settings, own_data=None)
    samples, labels = _arrays(data)
    digest = hashlib.sha256(repr((samples.shape, samples.dtype, labels.tolist())).encode())
    digest.update(np.ascontiguousarray(samples).data)
    kept = run / GIVEN / f"data-{digest.hexdigest()[:8]}.npz"
    if not kept.exists():
        with written_whole(kept) as stream:
            np.savez(stream, x=samples, y=labels)
    return None, replace(settings, own_data=kept)


def stored(samples: ArrayLike) -> NDArray[Any]:
    """Return samples as data sets are stored: pictures in `[0, 1]` become uint8, all else stays as it is."""
    values = np.asarray(samples)
    if values.ndim == 4 and values.dtype.kind == "f":
        if values.min() < 0.0 or values.max() > 1.0:
            raise DatasetError(
                f"pictures run from {values.min():g} to {values.max():g}; give uint8, or numbers from 0 to 1"
            )
        return np.rint(values * 255.0).astype(np.uint8)
    return values


def _arrays(data: object) -> tuple[NDArray[Any], NDArray[Any]]:
    if isinstance(data, Dataset) or (hasattr(data, "__getitem__") and hasattr(data, "__len__") and len(data) > 2):
        pairs = [data[place] for place in range(len(data))]
        if not pairs or any(not isinstance(pair, tuple | list) or len(pair) != 2 for pair in pairs):
            raise DatasetError("a data set gives pairs of a sample and its label")
        return stored(np.stack([np.asarray(sample) for sample, _ in pairs])), np.asarray([int(y) for _, y in pairs])
    if isinstance(data, tuple | list) and len(data) == 2:
        samples, labels = stored(data[0]), np.asarray(data[1])
        if labels.ndim != 1 or len(samples) != len(labels):
            raise DatasetError(f"samples {samples.shape} and labels {labels.shape} do not go together")
        return samples, labels
    raise ConfigurationError(
        f"data are {type(data).__name__}; give the name of a data set, a path, (samples, labels) or a torch Dataset"
    )
