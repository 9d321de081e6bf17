import gzip
import struct

import numpy as np
import pytest

from evaluators.datasets.own_data import open_dataset
from evaluators.datasets.own_data.idx_files import read_idx
from prototypenas.errors import DatasetError


def idx(values: np.ndarray) -> bytes:
    return bytes((0, 0, 8, values.ndim)) + struct.pack(f">{values.ndim}I", *values.shape) + values.tobytes()


@pytest.mark.parametrize("packed", [True, False])
def test_the_four_files_of_mnist(tmp_path, packed):
    images = np.random.default_rng(0).integers(0, 256, (30, 28, 28), dtype=np.uint8)
    labels = (np.arange(30) % 3).astype(np.uint8)
    for part, count in (("train", 30), ("t10k", 12)):
        for kind, values in (("images-idx3", images[:count]), ("labels-idx1", labels[:count])):
            content = idx(values)
            name = f"{part}-{kind}-ubyte"
            (tmp_path / (f"{name}.gz" if packed else name)).write_bytes(gzip.compress(content) if packed else content)
    data = open_dataset(tmp_path)
    assert data.input_shape == (1, 28, 28) and (len(data.train), len(data.test)) == (30, 12)
    assert np.array_equal(data.test.inputs[:, 0].numpy(), images[:12])
    assert data.test.targets.tolist() == labels[:12].tolist()


@pytest.mark.parametrize(
    "content", [b"", b"\0\0", b"\0\0\x08\x03", b"\0\0\x07\0", idx(np.zeros((3, 4), np.uint8))[:-1]]
)
def test_a_damaged_file_is_named(tmp_path, content):
    (tmp_path / "a-idx2-ubyte").write_bytes(content)
    with pytest.raises(DatasetError, match="a-idx2-ubyte is"):
        read_idx(tmp_path / "a-idx2-ubyte")
    (tmp_path / "a-idx2-ubyte.gz").write_bytes(content)
    with pytest.raises(DatasetError, match=r"a-idx2-ubyte\.gz is"):
        read_idx(tmp_path / "a-idx2-ubyte.gz")
