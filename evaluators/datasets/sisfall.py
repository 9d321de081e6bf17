"""SisFall: falls and daily activities, worn at the waist, 200 Hz (Sucerquia et al. 2017)."""

import re
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluators.datasets.files import existing_folder
from evaluators.datasets.samples import ClassificationData
from evaluators.datasets.splits import grouped_split
from evaluators.datasets.windows import WORN, Recording, windowed_data
from prototypenas.errors import ConfigurationError, DatasetError
from prototypenas.types import InputShape

HOMEPAGE = "http://sistemic.udea.edu.co/en/research/projects/english-falls/"
SUBJECTS = 38
CHANNELS = 9
"""ADXL345 acceleration xyz, ITG3200 rotation xyz, MMA8451Q acceleration xyz, raw integers."""
ACTIVITIES = tuple(f"D{number:02d}" for number in range(1, 20))
FALLS = tuple(f"F{number:02d}" for number in range(1, 16))
LONG_ACTIVITIES = frozenset(ACTIVITIES[:4])
"""One trial of 100 s; all others have five trials."""
SPLIT_SEED = 20

_FILE = re.compile(r"(?P<code>[DF]\d\d)_(?P<subject>S[AE]\d\d)_R(?P<trial>\d\d)\.txt$")


@dataclass(frozen=True)
class SisFall:
    """34 activities and falls of up to 38 subjects; a folder or zip may hold whole subjects only."""

    classes: int = 34
    """34 activities, or 2: daily activity and fall."""
    test_subjects: tuple[str, ...] = ()
    """Subjects held out; empty holds out a fifth by a fixed seed."""
    input_shape: InputShape = (CHANNELS, 512)
    """512 samples are 2.6 s."""
    needs_files: bool = True

    def __post_init__(self) -> None:
        if self.classes not in (2, 34):
            raise ConfigurationError(f"SisFall has 34 classes, or 2 (activity and fall), not {self.classes}")

    @property
    def description(self) -> str:
        """One line."""
        return f"SisFall, waist-worn sensors at 200 Hz, {self.classes} classes, split by subject; {HOMEPAGE}"

    def load(
        self, data_dir: Path | None, *, download: bool = False, input_shape: InputShape | None = None
    ) -> ClassificationData:
        """Read `SisFall_dataset/<subject>/<code>_<subject>_R<trial>.txt` from a folder or a zip file.

        Raises:
            DatasetError: if a file is truncated, a subject incomplete, or a test subject absent.
        """
        if download:
            raise DatasetError(f"SisFall publishes no checksum, so it is not downloaded; get it from {HOMEPAGE}")
        files = dict(_files(_location(data_dir)))
        subjects = sorted({_FILE.search(name)["subject"] for name in files})  # type: ignore[index]
        _check_complete(files)
        held = frozenset(self.test_subjects) or grouped_split(subjects, 0.2, seed=SPLIT_SEED)[1]
        absent = sorted(held - set(subjects))
        if absent:
            raise DatasetError(f"test subjects {', '.join(absent)} are not among {', '.join(subjects)}")
        return windowed_data(
            "sisfall",
            ("activity", "fall") if self.classes == 2 else (*ACTIVITIES, *FALLS),
            (self._recording(name, content) for name, content in files.items()),
            input_shape=input_shape or self.input_shape,
            test_groups=held,
            split=f"{len(subjects)} of {SUBJECTS} subjects at hand; held out: {', '.join(sorted(held))}",
            augmentation=WORN,
        )

    def _recording(self, name: str, content: bytes) -> Recording:
        found = _FILE.search(name)
        assert found is not None  # _files gives no other names
        code = found["code"]
        label = int(code in FALLS) if self.classes == 2 else (*ACTIVITIES, *FALLS).index(code)
        return Recording(parse_lines(content, name), label, found["subject"], name)


def parse_lines(content: bytes, name: str) -> NDArray[np.float32]:
    """Read lines of nine integers, `17,-179, -99,...,-279;`, as `(time, 9)`.

    Raises:
        DatasetError: if a line has other than nine numbers or the last one is cut off.
    """
    characters = np.frombuffer(content, dtype=np.uint8)
    ends = np.flatnonzero(characters == ord(";"))
    commas = np.diff(np.cumsum(characters == ord(","))[ends], prepend=0)
    if content.rpartition(b";")[2].strip():
        raise DatasetError(f"{name} of SisFall is cut off in line {len(ends) + 1}; get it again from {HOMEPAGE}")
    if not len(ends) or (commas != CHANNELS - 1).any():
        line = int(np.argmax(commas != CHANNELS - 1)) + 1 if len(ends) else 1
        raise DatasetError(f"{name} of SisFall has no nine numbers in line {line}")
    numbers = content.rpartition(b";")[0].replace(b";", b",")
    try:
        with warnings.catch_warnings():
            # numpy only warns where it meets something that is no number.
            warnings.simplefilter("error", DeprecationWarning)
            values = np.fromstring(numbers.decode("ascii"), dtype=np.float32, sep=",")
    except (ValueError, DeprecationWarning) as error:
        raise DatasetError(f"{name} of SisFall holds something other than numbers: {error}") from error
    return values.reshape(-1, CHANNELS)


def _location(data_dir: Path | None) -> Path:
    if data_dir is not None and data_dir.suffix == ".zip" and data_dir.is_file():
        return data_dir
    folder = existing_folder(data_dir, "sisfall", homepage=HOMEPAGE)
    if any(folder.rglob("*_R01.txt")):
        return folder
    archives = sorted(path for path in folder.glob("*.zip") if "sisfall" in path.name.lower())
    if not archives:
        raise DatasetError(f"{folder} holds neither SisFall_dataset/<subject>/*.txt nor a SisFall zip; {HOMEPAGE}")
    return archives[0]


def _files(location: Path) -> Iterator[tuple[str, bytes]]:
    """Return name and content of every recording, in order of their names."""
    if location.is_dir():
        for path in sorted(location.rglob("*.txt")):
            if _FILE.search(path.name):
                yield path.relative_to(location).as_posix(), path.read_bytes()
        return
    try:
        with zipfile.ZipFile(location) as archive:
            for name in sorted(archive.namelist()):
                if _FILE.search(name):
                    yield name, archive.read(name)
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise DatasetError(f"{location} is no whole zip file ({error}); get it again from {HOMEPAGE}") from error


def _check_complete(files: dict[str, bytes]) -> None:
    """Every code of a subject has all its trials; a subject who fell has done all activities too."""
    trials: dict[str, Counter[str]] = {}
    for name in files:
        found = _FILE.search(name)
        assert found is not None
        trials.setdefault(found["subject"], Counter())[found["code"]] += 1
    for subject, counts in trials.items():
        wanted = {*ACTIVITIES, *FALLS} if any(code in FALLS for code in counts) else set(counts)
        for code in sorted(wanted):
            expected = 1 if code in LONG_ACTIVITIES else 5
            if counts[code] != expected:
                raise DatasetError(
                    f"subject {subject} of SisFall has {counts[code]} of {expected} files {code}_{subject}_R*.txt; "
                    f"get the whole set from {HOMEPAGE}"
                )
