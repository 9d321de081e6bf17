import pytest

from evaluators.datasets.own_data.hints import hint_for


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("data_batch_1", "run cifar10 --data-dir"),
        ("D01_SA01_R01.txt", "run sisfall --data-dir"),
        ("train_32x32.mat", "scipy.io.loadmat"),
        ("x.PKL", "pickles would run code"),
        ("x.h5", "HDF5 is not read"),
        ("x.flac", "ffmpeg"),
        ("x.xlsx", "save the sheet as CSV"),
        ("x.7z", "unpack it"),
        ("x.arff", "ARFF is not read"),
    ],
)
def test_known_files_are_told_apart_alone_and_in_a_folder(tmp_path, name, said):
    (tmp_path / "deep").mkdir()
    file = tmp_path / "deep" / name
    file.touch()
    assert said in hint_for(file) and said in hint_for(tmp_path)


def test_nothing_is_said_of_the_unknown(tmp_path):
    (tmp_path / "data_batch_1.readme").touch()
    assert hint_for(tmp_path) == "" == hint_for(tmp_path / "missing")
