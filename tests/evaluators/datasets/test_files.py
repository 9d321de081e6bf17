import pytest

from evaluators.datasets.files import existing_folder, required_file, torchvision_set
from prototypenas.errors import DatasetError

WHERE = {"homepage": "https://example.org"}


def test_a_folder_is_made_only_to_be_filled(tmp_path):
    assert existing_folder(tmp_path, "birds", **WHERE) == tmp_path
    with pytest.raises(DatasetError, match=r"new does not exist; get birds from https://example\.org$"):
        existing_folder(tmp_path / "new", "birds", **WHERE)
    assert existing_folder(tmp_path / "new" / "deep", "birds", download=True, **WHERE).is_dir()


def test_download_is_offered_only_where_it_can_be_had():
    with pytest.raises(DatasetError, match=r"needs a data folder .*or use --download"):
        existing_folder(None, "birds", downloadable=True, **WHERE)
    with pytest.raises(DatasetError, match=r"get birds from https://example\.org$"):
        existing_folder(None, "birds", **WHERE)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DatasetError, match=r"file/below cannot be made"):
        existing_folder(tmp_path / "file" / "below", "birds", download=True, **WHERE)


def test_missing_and_empty_files_are_told_apart(tmp_path):
    with pytest.raises(DatasetError, match="is missing"):
        required_file(tmp_path / "a.zip", "birds", "https://example.org")
    (tmp_path / "a.zip").touch()
    with pytest.raises(DatasetError, match="is empty"):
        required_file(tmp_path / "a.zip", "birds", "https://example.org")
    (tmp_path / "a.zip").write_bytes(b"x")
    assert required_file(tmp_path / "a.zip", "birds", "https://example.org") == tmp_path / "a.zip"


def test_a_set_that_torchvision_cannot_read_is_one_line(tmp_path):
    with pytest.raises(DatasetError, match=r"CIFAR-10 cannot be read from .*or use --download") as failed:
        torchvision_set("CIFAR10", tmp_path, "CIFAR-10", download=False, **WHERE)
    assert "\n" not in str(failed.value)
