import hashlib
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from torchvision.datasets import CIFAR10, CIFAR100

from evaluators.augmentation import Augmentation
from evaluators.datasets import cifar
from evaluators.datasets.cifar import Cifar
from evaluators.suitable_augmentation import augmentation_for
from prototypenas.errors import ConfigurationError, DatasetError


def batch(count: int, seed: int, key: str, classes: int) -> bytes:
    generator = np.random.default_rng(seed)
    pixels = generator.integers(0, 256, (count, 3072), dtype=np.uint8)
    return pickle.dumps({"data": pixels, key: [number % classes for number in range(count)]})


def written(folder: Path, lists: list[list[str]], contents: dict[str, bytes]) -> list[list[str]]:
    folder.mkdir()
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return [[name, hashlib.md5(contents[name]).hexdigest()] for name, _ in lists]


@pytest.fixture
def small_cifar10(tmp_path, monkeypatch) -> Path:
    """The publisher's files with 60 random images in each, and torchvision's checksums set to theirs."""
    contents = {name: batch(60, seed, "labels", 10) for seed, (name, _) in enumerate(CIFAR10.train_list)}
    contents |= {name: batch(60, 9, "labels", 10) for name, _ in CIFAR10.test_list}
    monkeypatch.setattr(cifar, "TRAINING_IMAGES", 300)
    monkeypatch.setattr(cifar, "TEST_IMAGES", 60)
    contents["batches.meta"] = pickle.dumps({"label_names": [f"class {number}" for number in range(10)]})
    folder = tmp_path / CIFAR10.base_folder
    monkeypatch.setattr(CIFAR10, "train_list", written(folder, CIFAR10.train_list, contents))
    monkeypatch.setattr(CIFAR10, "test_list", [[n, hashlib.md5(contents[n]).hexdigest()] for n, _ in CIFAR10.test_list])
    meta = {**CIFAR10.meta, "md5": hashlib.md5(contents["batches.meta"]).hexdigest()}
    monkeypatch.setattr(CIFAR10, "meta", meta)
    return tmp_path


def test_the_publishers_files_are_read_in_order(small_cifar10):
    data = Cifar(10).load(small_cifar10, input_shape=(3, 64, 64))
    raw = pickle.loads((small_cifar10 / "cifar-10-batches-py" / "data_batch_1").read_bytes())
    assert np.array_equal(data.train.inputs[:50].numpy(), raw["data"][:50].reshape(50, 3, 32, 32))
    assert data.train.targets[:50].tolist() == raw["labels"][:50]
    assert data.classes == tuple(f"class {number}" for number in range(10))
    assert data.prepared(data.test.inputs[:2]).shape == (2, 3, 64, 64)


def test_a_truncated_file_fails_its_checksum(small_cifar10):
    path = small_cifar10 / "cifar-10-batches-py" / "data_batch_3"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DatasetError, match=r"cifar10 cannot be read.*cs\.toronto\.edu"):
        Cifar(10).load(small_cifar10)


def test_fewer_images_than_published_are_refused(small_cifar10, monkeypatch):
    monkeypatch.setattr(cifar, "TRAINING_IMAGES", 301)
    with pytest.raises(DatasetError, match="300 images where cifar10 has 301"):
        Cifar(10).load(small_cifar10)


def test_without_files_the_error_says_where_to_get_them(tmp_path):
    with pytest.raises(DatasetError, match="--download"):
        Cifar(10).load(tmp_path)
    with pytest.raises(DatasetError, match="does not exist"):
        Cifar(100).load(tmp_path / "nowhere")
    with pytest.raises(DatasetError, match="needs a data folder"):
        Cifar(100).load(None)
    assert CIFAR100.base_folder == "cifar-100-python"


def test_other_class_counts_are_refused():
    with pytest.raises(ConfigurationError, match="10 or 100"):
        Cifar(20)


@pytest.mark.dataset
def test_the_real_set_has_its_known_statistics(tmp_path):
    source = Path(os.environ.get("PROTOTYPENAS_DATA", Path(__file__).parents[4] / "shared" / "data")) / "cifar10"
    if not (source / "restore.py").exists():
        pytest.skip("no CIFAR-10 beside the checkout; set PROTOTYPENAS_DATA")
    subprocess.run([sys.executable, source / "restore.py", tmp_path], check=True, capture_output=True)
    data = Cifar(10).load(tmp_path)
    assert np.bincount(data.train.targets.numpy()).tolist() == [5000] * 10
    assert np.bincount(data.test.targets.numpy()).tolist() == [1000] * 10
    assert data.classes[:3] == ("airplane", "automobile", "bird")
    assert np.allclose(np.asarray(data.normalisation.mean) / 255, (0.49140, 0.48216, 0.44653), atol=1e-5)
    assert np.allclose(np.asarray(data.normalisation.deviation) / 255, (0.24703, 0.24349, 0.26159), atol=1e-5)
    assert augmentation_for(data) == Augmentation(shift=2, flip=True), "mirrored photographs are recognised as well"
