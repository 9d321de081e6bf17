"""What a named data set is before its files are read."""

from pathlib import Path
from typing import Protocol

from evaluators.datasets.boxed_pictures import DetectionData
from evaluators.datasets.samples import ClassificationData
from prototypenas.errors import ConfigurationError
from prototypenas.types import InputShape

Data = ClassificationData | DetectionData
"""What is learnt from: samples of classes, or pictures with boxes."""


class DatasetSource(Protocol):
    """Where a data set comes from and how it is loaded; a frozen dataclass, so `dataclasses.replace` sets options."""

    @property
    def description(self) -> str:
        """One line: what it is, how many samples, who made it."""

    @property
    def classes(self) -> int:
        """Number of classes."""

    @property
    def input_shape(self) -> InputShape:
        """What the network sees unless told otherwise."""

    @property
    def needs_files(self) -> bool:
        """Whether `load` wants a data folder."""

    def load(self, data_dir: Path | None, *, download: bool = False, input_shape: InputShape | None = None) -> Data:
        """Read the whole set; the network is touched only where `download` is set.

        Raises:
            DatasetError: for a file that is missing, truncated or mislabelled.
            ConfigurationError: if the set cannot be shown at `input_shape`.
        """


def with_classes(data: Data) -> ClassificationData:
    """Return the data as samples of classes.

    Raises:
        ConfigurationError: if they are pictures with boxes.
    """
    if not isinstance(data, ClassificationData):
        raise ConfigurationError(f"{data.name} has boxes; samples of classes are needed here")
    return data
