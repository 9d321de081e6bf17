"""Bitbrain Open Access Sleep (OpenNeuro ds005555): sleep stages from a headband or full polysomnography."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyedflib
from numpy.typing import NDArray

from evaluators.datasets.files import existing_folder, required_file
from evaluators.datasets.samples import ClassificationData
from evaluators.datasets.splits import grouped_split
from evaluators.datasets.windows import Recording, windowed_data
from prototypenas.errors import ConfigurationError, DatasetError
from prototypenas.types import InputShape

HOMEPAGE = "https://openneuro.org/datasets/ds005555"
NIGHTS = 128
RATE_HZ = 256
EPOCH = 30 * RATE_HZ
"""Samples of one scored epoch."""
STAGES = {0: "wake", 1: "N1", 2: "N2", 3: "N3", 4: "REM"}
DISCONNECTED = 8
SPLIT_SEED = 20


@dataclass(frozen=True)
class BitbrainSleep:
    """128 nights of 108 people, 30-second epochs scored by people; split by person."""

    acquisition: str = "headband"
    """`headband` or `psg`; both were worn at once."""
    channels: tuple[str, ...] = ("HB_1", "HB_2")
    """Signals by their EDF label; these two are in every headband recording."""
    nights: int = NIGHTS
    description: str = f"Bitbrain Open Access Sleep, 120,095 epochs of 30 s, 5 stages, split by person; {HOMEPAGE}"
    classes: int = 5
    needs_files: bool = True

    def __post_init__(self) -> None:
        if self.acquisition not in ("headband", "psg"):
            raise ConfigurationError(f"acquisition is {self.acquisition!r}; headband or psg is needed")

    @property
    def input_shape(self) -> InputShape:
        """One epoch."""
        return (len(self.channels), EPOCH)

    def load(
        self, data_dir: Path | None, *, download: bool = False, input_shape: InputShape | None = None
    ) -> ClassificationData:
        """Read the BIDS folder: `participants.tsv`, `sub-N/eeg/sub-N_task-Sleep_acq-*_eeg.edf` and `_events.tsv`.

        The human's stages stand in the polysomnography's events and hold for the headband too. Epochs scored as
        disconnected are left out.

        Raises:
            DatasetError: if a night is missing, its EDF is truncated or lacks a channel, or a stage is unknown.
        """
        if download:
            raise DatasetError(f"no download here: fetch {HOMEPAGE} with its client (openneuro, datalad)")
        root = existing_folder(data_dir, "bitbrain-sleep", homepage=HOMEPAGE)
        people = self._people(root)
        _, held = grouped_split(list(people.values()), 0.2, seed=SPLIT_SEED)
        recordings = (epoch for night, person in people.items() for epoch in self._epochs(root, night, person))
        return windowed_data(
            "bitbrain-sleep",
            tuple(STAGES.values()),
            recordings,
            input_shape=input_shape or self.input_shape,
            test_groups=held,
            split=f"by person; {len(held)} of {len(set(people.values()))} people held out, fixed seed",
        )

    def _people(self, root: Path) -> dict[str, str]:
        """Person of each night: some slept twice."""
        path = required_file(root / "participants.tsv", "bitbrain-sleep", HOMEPAGE)
        table = pd.read_csv(path, sep="\t", dtype=str)
        if not {"participant_id", "pid"} <= set(table.columns):
            raise DatasetError(f"{path} has columns {', '.join(table.columns)}; participant_id and pid are needed")
        if len(table) != self.nights:
            raise DatasetError(f"{path} lists {len(table)} nights, the complete set has {self.nights}: {HOMEPAGE}")
        return dict(zip(table["participant_id"], table["pid"], strict=True))

    def _epochs(self, root: Path, night: str, person: str) -> Iterator[Recording]:
        stem = f"{night}_task-Sleep_acq-"
        folder = root / night / "eeg"
        edf = required_file(folder / f"{stem}{self.acquisition}_eeg.edf", "bitbrain-sleep", HOMEPAGE)
        events = required_file(folder / f"{stem}psg_events.tsv", "bitbrain-sleep", HOMEPAGE)
        signal = read_edf(edf, self.channels)
        table = pd.read_csv(events, sep="\t")
        missing = {"begsample", "endsample", "stage_hum"} - set(table.columns)
        if missing:
            raise DatasetError(f"{events} has no column {', '.join(sorted(missing))}")
        for begin, end, stage in table[["begsample", "endsample", "stage_hum"]].itertuples(index=False):
            if stage == DISCONNECTED:
                continue
            if stage not in STAGES or end - begin + 1 != EPOCH:
                raise DatasetError(f"{events} scores samples {begin} to {end} as stage {stage}; 30 s of 0 to 4 or 8")
            if end > len(signal):
                raise DatasetError(f"{edf} ends at sample {len(signal)}, but {events.name} scores up to {end}")
            yield Recording(signal[int(begin) - 1 : int(end)], int(stage), person, edf.name)


def read_edf(path: Path, channels: tuple[str, ...]) -> NDArray[np.float32]:
    """Read channels of one EDF file by label, in its physical unit, as `(time, channels)`.

    Raises:
        DatasetError: if the file is truncated or no EDF, or a channel is missing or of another rate.
    """
    try:
        reader = pyedflib.EdfReader(str(path))
    except OSError as error:
        raise DatasetError(f"{path} is truncated or no EDF ({error}); get it again from {HOMEPAGE}") from error
    with reader:
        labels = [label.strip() for label in reader.getSignalLabels()]
        missing = [channel for channel in channels if channel not in labels]
        if missing:
            raise DatasetError(f"{path} has no channel {', '.join(missing)}; it has {', '.join(labels)}")
        places = [labels.index(channel) for channel in channels]
        rates = {float(reader.getSampleFrequency(place)) for place in places}
        if rates != {float(RATE_HZ)}:
            raise DatasetError(f"{path} is sampled at {sorted(rates)} Hz, not {RATE_HZ}")
        return np.stack([reader.readSignal(place).astype(np.float32) for place in places], axis=1)
