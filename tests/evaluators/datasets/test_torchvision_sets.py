from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat
from torchvision.datasets import Flowers102

from evaluators.datasets.gtsrb import GTSRB
from evaluators.datasets.torchvision_sets import CARS, FLOWERS, PETS, PETS_SPECIES
from prototypenas.errors import DatasetError

SHAPE = (3, 16, 16)


def picture(path: Path, shade: int) -> None:
    """One even shade, which tells pictures apart whatever their size."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((20, 24, 3), shade, dtype=np.uint8)).save(path, quality=95)


def shades(inputs) -> list[int]:
    return [round(float(image.float().mean())) for image in inputs]


@pytest.fixture
def gtsrb(tmp_path) -> Path:
    root = tmp_path / "gtsrb"
    for label in range(2):
        for number in range(3):
            picture(root / "GTSRB/Training" / f"{label:05d}" / f"00000_{number:05d}.ppm", 100 * label + 10 * number)
    for number in range(2):
        picture(root / "GTSRB/Final_Test/Images" / f"{number:05d}.ppm", 200 + number)
    rows = ["Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId", "00000.ppm;24;20;1;1;20;18;1"]
    (root / "GT-final_test.csv").write_text("\n".join([*rows, "00001.ppm;24;20;1;1;20;18;0"]) + "\n")
    return tmp_path


def test_gtsrb_takes_training_labels_from_folders_and_test_labels_from_the_table(gtsrb):
    data = replace(GTSRB, classes=2, samples=(6, 2)).load(gtsrb, input_shape=SHAPE)
    assert data.train.targets.tolist() == [0, 0, 0, 1, 1, 1]
    assert shades(data.train.inputs) == [0, 10, 20, 100, 110, 120]
    assert data.test.targets.tolist() == [1, 0]
    assert shades(data.test.inputs) == [200, 201]


def test_gtsrb_is_found_in_its_publishers_folders(tmp_path):
    for label in range(2):
        for number in range(3):
            place = tmp_path / "GTSRB/Final_Training/Images" / f"{label:05d}" / f"00000_{number:05d}.ppm"
            picture(place, 100 * label + 10 * number)
    for number in range(2):
        picture(tmp_path / "GTSRB/Final_Test/Images" / f"{number:05d}.ppm", 200 + number)
    source = replace(GTSRB, classes=2, samples=(1, 1), other_samples=((6, 2),))
    with pytest.raises(DatasetError, match=r"GT-final_test\.csv of gtsrb is missing"):
        source.load(tmp_path, input_shape=SHAPE)
    rows = ["Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId", "00000.ppm;24;20;1;1;20;18;1"]
    table = tmp_path / "GTSRB/Final_Test/Images/GT-final_test.csv"
    table.write_text("\n".join([*rows, "00001.ppm;24;20;1;1;20;18;0"]) + "\n")
    for folder in (tmp_path, tmp_path / "GTSRB"):
        data = source.load(folder, input_shape=SHAPE)
        assert data.train.targets.tolist() == [0, 0, 0, 1, 1, 1] and data.test.targets.tolist() == [1, 0]
        assert shades(data.test.inputs) == [200, 201]
    table.write_text("Filename;Class\n00000.ppm;1\n")
    with pytest.raises(DatasetError, match="lacks Filename or ClassId"):
        source.load(tmp_path, input_shape=SHAPE)


def test_an_incomplete_set_is_refused(gtsrb):
    with pytest.raises(DatasetError, match=r"6 training images of gtsrb, the complete set has 26640"):
        GTSRB.load(gtsrb, input_shape=SHAPE)
    (gtsrb / "gtsrb/GTSRB/Final_Test/Images/00001.ppm").unlink()
    with pytest.raises(DatasetError, match=r"00001\.ppm of gtsrb is missing"):
        replace(GTSRB, classes=2, samples=(6, 2)).load(gtsrb, input_shape=SHAPE)


def test_flowers_join_training_and_validation_parts(tmp_path, monkeypatch):
    root = tmp_path / "flowers-102"
    for number in range(1, 9):
        picture(root / "jpg" / f"image_{number:05d}.jpg", 25 * number)
    savemat(root / "imagelabels.mat", {"labels": [[1, 2, 1, 2, 1, 2, 1, 2]]})
    savemat(root / "setid.mat", {"trnid": [[1, 2]], "valid": [[7, 8]], "tstid": [[3, 4, 5, 6]]})
    files = {key: (name, None) for key, (name, _) in Flowers102._file_dict.items()}
    monkeypatch.setattr(Flowers102, "_file_dict", files)
    monkeypatch.setattr(Flowers102, "classes", ["pink primrose", "hard-leaved pocket orchid"])
    data = replace(FLOWERS, classes=2, samples=(4, 4)).load(tmp_path, input_shape=SHAPE)
    assert data.train.targets.tolist() == [0, 1, 0, 1]
    assert shades(data.train.inputs) == [25, 50, 175, 200]
    assert data.classes[0] == "pink primrose"


@pytest.fixture
def pets(tmp_path) -> Path:
    root = tmp_path / "oxford-iiit-pet"
    lists = {
        "trainval": ["Abyssinian_1 1 1 1", "beagle_2 2 2 1", "Abyssinian_7 1 1 1"],
        "test": ["beagle_9 2 2 1", "Abyssinian_3 1 1 1"],
    }
    (root / "annotations").mkdir(parents=True)
    for part, rows in lists.items():
        (root / "annotations" / f"{part}.txt").write_text("\n".join(rows) + "\n")
        for row in rows:
            picture(root / "images" / f"{row.split()[0]}.jpg", 60)
    return tmp_path


def test_pets_come_as_breeds_or_as_species(pets):
    breeds = replace(PETS, classes=2, samples=(3, 2), list_part=lambda *part: PETS.list_part(PETS, *part[1:]))
    data = breeds.load(pets, input_shape=SHAPE)
    assert data.classes == ("Abyssinian", "Beagle")
    assert data.train.targets.tolist() == [0, 1, 0]
    species = replace(PETS_SPECIES, samples=(3, 2)).load(pets, input_shape=SHAPE)
    assert species.classes == ("Cat", "Dog")
    assert species.test.targets.tolist() == [1, 0]


def test_a_mislabelled_table_is_refused(pets):
    (pets / "oxford-iiit-pet/annotations/test.txt").write_text("beagle_9 2\n")
    with pytest.raises(DatasetError, match=r"pets-species cannot be read.*robots\.ox\.ac\.uk"):
        replace(PETS_SPECIES, samples=(3, 2)).load(pets, input_shape=SHAPE)


def test_cars_are_read_from_the_development_kit(tmp_path):
    root = tmp_path / "stanford_cars"
    (root / "devkit").mkdir(parents=True)
    savemat(root / "devkit/cars_meta.mat", {"class_names": np.array(["AM General Hummer", "Acura RL"], dtype=object)})
    for part, path in (("train", "devkit/cars_train_annos.mat"), ("test", "cars_test_annos_withlabels.mat")):
        rows = np.zeros(3, dtype=[("class", object), ("fname", object)])
        for number in range(3):
            rows[number] = (number % 2 + 1, f"{number + 1:05d}.jpg")
            picture(root / f"cars_{part}" / f"{number + 1:05d}.jpg", 50 * number)
        savemat(root / path, {"annotations": rows})
    data = replace(CARS, classes=2, samples=(3, 3)).load(tmp_path, input_shape=SHAPE)
    assert data.train.targets.tolist() == [0, 1, 0]
    assert data.classes == ("AM General Hummer", "Acura RL")
    with pytest.raises(DatasetError, match="no longer be downloaded"):
        CARS.load(tmp_path, download=True)


@pytest.mark.parametrize("source", [GTSRB, FLOWERS, PETS, CARS], ids=lambda source: source.name)
def test_an_empty_folder_says_where_to_get_the_files(source, tmp_path):
    with pytest.raises(DatasetError, match=source.homepage.split("/")[2]):
        source.load(tmp_path)
