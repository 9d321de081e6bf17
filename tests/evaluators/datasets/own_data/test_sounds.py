from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile
from torch import nn

from evaluators.classification import ClassificationTask
from evaluators.datasets.own_data import Reading, open_dataset
from evaluators.datasets.own_data.sound_files import read_wav
from evaluators.datasets.own_data.sounds import front_end_for
from prototypenas.compression.calibration import calibrate
from prototypenas.compression.quantization import quantize
from prototypenas.compression.simulator import quantize_input
from prototypenas.errors import ConfigurationError, DatasetError
from prototypenas.graph.lowering import lower

RATE = 8_000


def sound(seed: int, samples: int = RATE // 2) -> np.ndarray:
    return (np.random.default_rng(seed).normal(size=samples) * 3000).astype(np.int16)


def write(path: Path, samples: np.ndarray, rate: int = RATE) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    wavfile.write(path, rate, samples)


def commands(root: Path, names: str = "{speaker}_nohash_{take}.wav", classes: str = "yes no") -> Path:
    for label in classes.split():
        for speaker in ("abc123", "def456", "0a1b2c", "fedcba", "beefed"):
            for take in range(3):
                write(root / label / names.format(speaker=speaker, take=take, label=label), sound(take))
    return root


def test_speech_commands_are_parted_by_speaker(tmp_path):
    write(commands(tmp_path) / "_background_noise_" / "hum.wav", sound(9, 60 * RATE))
    data = open_dataset(tmp_path)
    assert data.classes == ("no", "yes") and data.input_shape == (1, 40, 24)
    assert (len(data.train), len(data.test)) == (24, 6)
    assert "by speaker; held out" in data.split and len(data.train_groups.unique()) == 4
    assert "left aside: _background_noise_" in data.reading
    assert "clips of 0.5 s at 8,000 Hz as 40 mel bands by 24 frames" in data.reading


def test_the_lists_of_speech_commands_are_its_parts(tmp_path):
    commands(tmp_path)
    (tmp_path / "testing_list.txt").write_text("yes/abc123_nohash_0.wav\nno/abc123_nohash_0.wav\n")
    (tmp_path / "validation_list.txt").write_text("yes/def456_nohash_0.wav\n")
    data = open_dataset(tmp_path)
    assert (len(data.train), len(data.test), len(data.validation)) == (27, 2, 1)


def test_speakers_are_found_in_other_names(tmp_path):
    data = open_dataset(commands(tmp_path, "{label}_{speaker}_{take}.wav"))
    assert "speakers: part 2 of the file names" in data.reading and "by speaker" in data.split
    numbered = open_dataset(commands(tmp_path / "other", "{take}{speaker}.wav"))
    assert "80/20" in numbered.split


def test_files_side_by_side_offer_the_parts_of_their_names(tmp_path):
    for label in "012":
        for speaker in ("ann", "bob"):
            for take in range(4):
                write(tmp_path / f"{label}_{speaker}_{take}.wav", sound(take))
    with pytest.raises(DatasetError, match=r"name-part-1: classes 0, 1, 2.*name-part-2: classes ann, bob"):
        open_dataset(tmp_path)
    data = open_dataset(tmp_path, reading=Reading(layout="name-part-1"))
    assert data.classes == ("0", "1", "2") and "by speaker" in data.split


def test_a_table_names_classes_and_folds(tmp_path):
    rows = ["filename,fold,target,category"]
    for number in range(20):
        write(tmp_path / "audio" / f"1-{number}-A.wav", sound(number))
        rows.append(f"1-{number}-A.wav,{number // 4},{number % 2},{('dog', 'rain')[number % 2]}")
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta" / "sounds.csv").write_text("\n".join(rows))
    data = open_dataset(tmp_path)
    assert data.classes == ("dog", "rain") and len(data.test) == 4
    assert "classes from sounds.csv" in data.reading
    assert open_dataset(tmp_path, reading=Reading(label_column="target")).classes == ("0", "1")


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.int32, np.float32])
def test_every_kind_of_sample_becomes_16_bits(tmp_path, kind):
    wanted = sound(0) // 256 * 256
    stored = {
        np.uint8: (wanted // 256 + 128).astype(np.uint8),
        np.int16: wanted,
        np.int32: wanted.astype(np.int32) << 16,
        np.float32: (wanted / 32_767).astype(np.float32),
    }[kind]
    write(tmp_path / "a.wav", stored)
    rate, found = read_wav(tmp_path / "a.wav")
    assert rate == RATE and np.array_equal(found, wanted)
    write(tmp_path / "b.wav", np.stack((stored, stored), axis=1))
    assert np.array_equal(read_wav(tmp_path / "b.wav")[1], wanted)


def test_other_rates_and_lengths_are_brought_together(tmp_path):
    commands(tmp_path)
    write(tmp_path / "yes" / "abc123_nohash_7.wav", sound(1, RATE), 2 * RATE)
    write(tmp_path / "no" / "abc123_nohash_8.wav", sound(1, 100))
    assert open_dataset(tmp_path).input_shape == (1, 40, 24)


def test_what_is_no_sound_is_named(tmp_path):
    commands(tmp_path)
    whole = (tmp_path / "yes" / "abc123_nohash_0.wav").read_bytes()
    for content in (b"", b"RIFF", whole[:30], b"not a sound at all" * 10):
        (tmp_path / "yes" / "abc123_nohash_0.wav").write_bytes(content)
        with pytest.raises(DatasetError, match="abc123_nohash_0"):
            open_dataset(tmp_path)


@pytest.mark.parametrize(
    ("rate", "seconds", "frames"), [(16_000, 1.0, 49), (8_000, 1.0, 49), (44_100, 5.0, 124), (16_000, 60.0, 49)]
)
def test_the_spectrogram_follows_rate_and_length(rate, seconds, frames):
    log_mel = front_end_for(rate, [round(rate * seconds)] * 5, None)
    assert (log_mel.bands, log_mel.frames) == (40, frames)
    for shape in ((1, 40, frames), (1, 20, 30)):
        asked = front_end_for(rate, [round(rate * seconds)] * 5, shape)
        assert (1, asked.bands, asked.frames) == shape
    with pytest.raises(ConfigurationError, match="1xBANDSxFRAMES"):
        front_end_for(rate, [rate] * 5, (3, 32, 32))


def test_the_front_end_gives_the_input_that_the_network_is_tested_on(tmp_path):
    data = open_dataset(commands(tmp_path))
    task = ClassificationTask(data)
    network = nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 2)
    ).eval()
    inputs = data.prepared(data.test.inputs)
    graph = quantize(lower(network, data.input_shape), calibrate(lower(network, data.input_shape), [inputs]))
    expected = quantize_input(graph, inputs.numpy())[..., 0]
    found = graph.tensors[graph.input].quantization
    table = task.front_end.as_input(found.scale, found.zero_point)
    assert np.array_equal(table[data.test.inputs[:, 0].numpy()], expected)
