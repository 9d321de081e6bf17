from dataclasses import replace
from pathlib import Path

import numpy as np
import pyedflib
import pytest

from evaluators.datasets.bitbrain import EPOCH, RATE_HZ, BitbrainSleep, read_edf
from prototypenas.errors import ConfigurationError, DatasetError

NIGHTS = 6
SMALL = BitbrainSleep(nights=NIGHTS)
COLUMNS = "onset\tduration\tbegsample\tendsample\toffset\tstage_hum\tstage_ai"
STAGES = (0, 1, 2, 3, 4, 8)


def edf(path: Path, level: float, labels: tuple[str, ...] = ("HB_1", "HB_2", "HB_PULSE")) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    headers = [
        {
            "label": label,
            "dimension": "uV",
            "sample_frequency": RATE_HZ,
            "physical_max": 1000.0,
            "physical_min": -1000.0,
            "digital_max": 32767,
            "digital_min": -32768,
            "transducer": "",
            "prefilter": "",
        }
        for label in labels
    ]
    with pyedflib.EdfWriter(str(path), len(labels), file_type=pyedflib.FILETYPE_EDF) as writer:
        writer.setSignalHeaders(headers)
        times = np.arange(len(STAGES) * EPOCH)
        writer.writeSamples([level + 100 * number + times // EPOCH for number in range(len(labels))])


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """Six nights of five people, one epoch a stage and one disconnected."""
    root = tmp_path_factory.mktemp("bids")
    people = ["1", "2", "3", "4", "5", "5"]
    rows = [f"sub-{night + 1}\t{person}\t30" for night, person in enumerate(people)]
    (root / "participants.tsv").write_text("\n".join(["participant_id\tpid\tage", *rows]) + "\n")
    for night in range(1, NIGHTS + 1):
        stem = root / f"sub-{night}" / "eeg" / f"sub-{night}_task-Sleep_acq-"
        edf(Path(f"{stem}headband_eeg.edf"), level=10.0 * night)
        events = [
            f"{30 * place}\t30\t{place * EPOCH + 1}\t{(place + 1) * EPOCH}\t0\t{stage}\t{stage}"
            for place, stage in enumerate(STAGES)
        ]
        Path(f"{stem}psg_events.tsv").write_text("\n".join([COLUMNS, *events]) + "\n")
    return root


def test_epochs_take_the_humans_stage_and_disconnections_are_left_out(made):
    data = SMALL.load(made)
    assert data.input_shape == (2, EPOCH)
    assert data.classes == ("wake", "N1", "N2", "N3", "REM")
    assert len(data.train) + len(data.test) == NIGHTS * 5
    values = data.train.inputs[:, 0, 0].round() % 10
    assert values.tolist() == data.train.targets.tolist()
    assert np.allclose(data.train.inputs[:, 1], data.train.inputs[:, 0] + 100, atol=0.1)


def test_a_person_with_two_nights_is_on_one_side(made):
    data = SMALL.load(made)
    nights = [set((part.inputs[:, 0, 0] // 10).round().int().tolist()) for part in (data.train, data.test)]
    assert ({5, 6} <= nights[0]) != ({5, 6} <= nights[1])


def copied(made: Path, target: Path) -> Path:
    for path in made.rglob("*"):
        if path.is_file():
            place = target / path.relative_to(made)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())
    return target


def test_missing_truncated_and_mislabelled_files_are_named(made, tmp_path):
    root = copied(made, tmp_path)
    recording = root / "sub-3/eeg/sub-3_task-Sleep_acq-headband_eeg.edf"
    content = recording.read_bytes()
    recording.write_bytes(content[:-5000])
    with pytest.raises(DatasetError, match=r"sub-3_task-Sleep_acq-headband_eeg\.edf is truncated or no EDF"):
        SMALL.load(root)
    recording.unlink()
    with pytest.raises(DatasetError, match=r"headband_eeg\.edf of bitbrain-sleep is missing.*openneuro"):
        SMALL.load(root)
    recording.write_bytes(content)
    events = root / "sub-2/eeg/sub-2_task-Sleep_acq-psg_events.tsv"
    text = events.read_text()
    events.write_text(text.replace("\t4\t4\n", "\t6\t4\n"))
    with pytest.raises(DatasetError, match="as stage 6"):
        SMALL.load(root)
    events.write_text(text.replace(f"\t{6 * EPOCH}\t0\t8", f"\t{6 * EPOCH}\t0\t2").replace(str(6 * EPOCH), "999999"))
    with pytest.raises(DatasetError, match="events"):
        SMALL.load(root)
    events.write_text(text.replace("stage_hum", "stage"))
    with pytest.raises(DatasetError, match="no column stage_hum"):
        SMALL.load(root)


def test_missing_nights_and_channels_are_named(made, tmp_path):
    with pytest.raises(DatasetError, match="lists 6 nights, the complete set has 128"):
        BitbrainSleep().load(made)
    with pytest.raises(DatasetError, match=r"no channel HB_IMU_1; it has HB_1, HB_2, HB_PULSE"):
        replace(SMALL, channels=("HB_1", "HB_IMU_1")).load(made)
    with pytest.raises(ConfigurationError, match="headband or psg"):
        BitbrainSleep(acquisition="watch")
    with pytest.raises(DatasetError, match="openneuro"):
        SMALL.load(made, download=True)


def test_signals_come_in_their_physical_unit(tmp_path):
    edf(tmp_path / "night.edf", level=-250.0)
    signal = read_edf(tmp_path / "night.edf", ("HB_2",))
    assert signal.shape == (len(STAGES) * EPOCH, 1)
    assert np.allclose(signal[0], -150, atol=0.05)
