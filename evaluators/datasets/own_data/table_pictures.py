"""Tables whose columns are pixels: `label, pixel1 ... pixel784`."""

import numpy as np

from evaluators.datasets.own_data.arrays import ArrayParts, dataset_from_arrays
from evaluators.datasets.own_data.columns import steps_by_channel
from evaluators.datasets.own_data.table_rows import LabelledTable
from evaluators.datasets.reading import Reading
from evaluators.datasets.samples import ClassificationData
from prototypenas.errors import DatasetError

PIXELS = frozenset({"pixel", "pixels", "px", "p", "pix"})


def pixels_of(table: LabelledTable) -> str | None:
    """Return the layout of a row where columns are named as pixels, `28x28` or `28x28x3`; else `None`."""
    if not table.table.header:
        return None
    names = table.columns.values
    counted = steps_by_channel(names)
    named = counted is not None and len(counted) == 1 and next(iter(counted)).lower().strip("_ ") in PIXELS
    for channels in (1, 3):
        side = round((len(names) / channels) ** 0.5)
        if side * side * channels == len(names) and side > 1:
            crossed = channels == 1 and (names[0], names[-1]) == ("1x1", f"{side}x{side}")
            if named or crossed:
                return f"{side}x{side}" if channels == 1 else f"{side}x{side}x3"
    return None


def open_pixels(table: LabelledTable, layout: str, reading: Reading) -> ClassificationData:
    """Read each row as a picture; of a colour picture the three values of a pixel stand side by side.

    Raises:
        DatasetError: if a pixel is missing or is no grey value.
    """
    names = table.columns.values
    counted = steps_by_channel(names)
    ordered = next(iter(counted.values())) if counted and len(counted) == 1 else list(names)
    values = table.numbers(ordered)
    if np.isnan(values).any():
        row = int(np.flatnonzero(np.isnan(values).any(axis=1))[0])
        raise DatasetError(f"{table.path}, row {row + 1} lacks a pixel")
    shape = tuple(map(int, layout.split("x")))
    images, labels = values.reshape(len(values), *shape), np.asarray(table.labels)
    parts = np.asarray(table.parts or ["train"] * len(labels))
    found = ArrayParts()
    for part in dict.fromkeys(parts.tolist()):
        found.samples[part], found.labels[part] = images[parts == part], labels[parts == part]
    asked = Reading(reading.input_shape, "NHW" if len(shape) == 2 else "NHWC", value_range=reading.value_range)
    return dataset_from_arrays(table.path, found, asked, "; ".join(("a table of pixels", *table.columns.notes)))
