import numpy as np
import pytest
from PIL import Image

from evaluators.datasets.own_data import Reading, open_dataset
from prototypenas.errors import DatasetError

SHAPE = (1, 8, 8)


def picture(path, shade=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((8, 8), shade, dtype=np.uint8)).save(path)


def test_a_table_gives_the_classes_of_pictures_side_by_side(tmp_path):
    rows = ["image_id,label"]
    for number in range(20):
        picture(tmp_path / "train_images" / f"{number:03d}.png", number)
        picture(tmp_path / "test_images" / f"t{number:03d}.png", number)
        rows.append(f"{number:03d},{('sick', 'well')[number % 2]}")
    (tmp_path / "train.csv").write_text("\n".join(rows))
    (tmp_path / "sample_submission.csv").write_text("\n".join(["id,label", *(f"t{n:03d},well" for n in range(20))]))
    data = open_dataset(tmp_path, input_shape=SHAPE)
    assert data.classes == ("sick", "well") and "classes from train.csv" in data.reading
    shades = data.train.inputs.float().mean(dim=(1, 2, 3))
    assert (shades % 2).tolist() == data.train.targets.tolist()


def test_a_table_of_the_test_pictures_alone_does_not_hide_the_class_folders(tmp_path):
    for label in "01":
        for number in range(6):
            picture(tmp_path / "Final_Training" / "Images" / label / f"{label}_{number}.png")
    rows = ["Filename;ClassId"]
    for number in range(12):
        picture(tmp_path / "Final_Test" / "Images" / f"{number:05d}.png")
        rows.append(f"{number:05d}.png;{number % 2}")
    (tmp_path / "Final_Test" / "Images" / "GT.csv").write_text("\n".join(rows))
    data = open_dataset(tmp_path, input_shape=SHAPE)
    assert (len(data.train), len(data.test)) == (12, 12)
    assert "classes from GT.csv for Final_Test" in data.reading


def test_names_of_files_offer_their_parts(tmp_path):
    for number in range(10):
        picture(tmp_path / "train" / f"cat.{number}.png", 10)
        picture(tmp_path / "train" / f"dog.{number}.png", 200)
    with pytest.raises(DatasetError, match="--layout name-part-1: classes cat, dog"):
        open_dataset(tmp_path, input_shape=SHAPE)
    data = open_dataset(tmp_path, input_shape=SHAPE, reading=Reading(layout="name-part-1"))
    assert data.classes == ("cat", "dog")
    assert ((data.train.inputs.float().mean(dim=(1, 2, 3)) > 100) == data.train.targets).all()


def test_parts_are_kept_where_names_hold_the_classes(tmp_path):
    for part, count in (("train", 6), ("test", 3)):
        for number in range(count):
            picture(tmp_path / part / f"cat.{number}.png")
            picture(tmp_path / part / f"dog.{number}.png")
    with pytest.raises(DatasetError, match=r"--layout classes.*--layout name-part-N"):
        open_dataset(tmp_path, input_shape=SHAPE)
    data = open_dataset(tmp_path, input_shape=SHAPE, reading=Reading(layout="name-part-1"))
    assert (len(data.train), len(data.test)) == (12, 6)


def test_pictures_without_any_class_are_refused(tmp_path):
    for number in range(12):
        picture(tmp_path / f"holiday{number}.png")
    with pytest.raises(DatasetError, match="one folder a class, or add a table"):
        open_dataset(tmp_path, input_shape=SHAPE)


def test_a_picture_beside_a_table_does_not_make_it_a_folder_of_pictures(tmp_path):
    picture(tmp_path / "preview.png")
    values = np.random.default_rng(0).normal(size=(20, 10))
    lines = ["label," + ",".join(f"t{n}" for n in range(10))]
    lines += [f"{row % 2}," + ",".join(map(str, values[row])) for row in range(20)]
    (tmp_path / "own.csv").write_text("\n".join(lines))
    assert open_dataset(tmp_path).input_shape == (1, 10)


def test_single_arrays_in_files_of_their_own(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (20, 28, 28), dtype=np.uint8)
    for part, count in (("train", 20), ("test", 6)):
        np.savez(tmp_path / f"k-{part}-imgs.npz", images[:count])
        np.savez(tmp_path / f"k-{part}-labels.npz", (np.arange(20) % 2)[:count])
    data = open_dataset(tmp_path)
    assert data.input_shape == (1, 28, 28) and (len(data.train), len(data.test)) == (20, 6)
    np.savez(tmp_path / "other.npz", x=images, y=np.arange(20))
    with pytest.raises(DatasetError, match=r"--data .*other\.npz: holds x, y"):
        open_dataset(tmp_path)
