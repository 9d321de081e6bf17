"""Pascal VOC's folders as published, as exported and as nested by others."""

import shutil
from pathlib import Path

import pytest

from evaluators.datasets import open_dataset
from prototypenas.errors import DatasetError
from tests.evaluators.datasets.box_files import BOXES, PARTS, SHAPE, edited, original, picture, voc

WRONG = {
    "is truncated or no XML": lambda root: (root / "Annotations" / "a.xml").write_text("<annotation><object>"),
    "xmin, ymin, xmax and ymax are needed": lambda root: edited(root / "Annotations/a.xml", "<xmin>5</xmin>", ""),
    "before it begins": lambda root: edited(root / "Annotations/a.xml", "<xmax>20</xmax>", "<xmax>2</xmax>"),
    "without a name": lambda root: edited(root / "Annotations/a.xml", "<name>cat</name>", ""),
    "no such picture": lambda root: (root / "JPEGImages" / "a.png").unlink(),
    "its annotation says": lambda root: edited(
        root / "Annotations/a.xml", "</filename>", "</filename><size><width>60</width><height>40</height></size>"
    ),
    "keep it beside its picture": lambda root: picture(root / "others" / "a.png", "a.png"),
    "is of .*a.png, and no such": lambda root: (root / "JPEGImages" / "a.png").rename(root / "JPEGImages" / "z.png"),
    "which has no annotation": lambda root: edited(root / "ImageSets/Main/train.txt", "a\n", "z\n"),
}


@pytest.mark.parametrize("message", WRONG)
def test_bad_input_is_named(message, tmp_path):
    root = voc(tmp_path)
    WRONG[message](root)
    with pytest.raises(DatasetError, match=message):
        open_dataset(root, input_shape=SHAPE)


def nested(root: Path) -> Path:
    """`VOCdevkit/VOC2007` as it is unpacked, whose training list is called trainval."""
    made = voc(root / "VOC2007")
    lists = made / "ImageSets" / "Main"
    (lists / "train.txt").rename(lists / "trainval.txt")
    (lists / "val.txt").rename(lists / "test.txt")
    (lists / "cat_trainval.txt").write_text("a  1\nb -1\n")
    return root


def listed_by_windows(root: Path) -> Path:
    """Lists with files' names, and Windows' line ends everywhere."""
    voc(root)
    for part, names in PARTS.items():
        lines = "".join(f"JPEGImages\\{name}\r\n" for name in names)
        (root / "ImageSets" / "Main" / f"{part}.txt").write_bytes(lines.encode())
    for file in (root / "Annotations").iterdir():
        text = file.read_text().replace("<object>", "\r\n\t<object>\r\n")
        size = "<size><width>0</width><height>0</height><depth>3</depth></size>"
        file.write_bytes(b"\xef\xbb\xbf" + text.replace("</filename>", f"</filename>{size}").encode())
    return root


def beside_pictures(root: Path) -> Path:
    """Roboflow's export: a folder a part, each file beside its picture; the same stem in two parts."""
    made = voc(root / "made")
    for part, folder in (("train", "train"), ("val", "valid")):
        (root / folder).mkdir()
        for name in PARTS[part]:
            (made / "JPEGImages" / name).rename(root / folder / name)
            (made / "Annotations" / name.replace(".png", ".xml")).rename(root / folder / name.replace(".png", ".xml"))
    shutil.rmtree(made)
    return root


def parts_below_each_folder(root: Path) -> Path:
    """`Annotations/train` and `JPEGImages/train`."""
    voc(root)
    shutil.rmtree(root / "ImageSets")
    for part, names in PARTS.items():
        for folder, suffix in (("Annotations", ".xml"), ("JPEGImages", ".png")):
            (root / folder / part).mkdir()
            for name in names:
                file = name.replace(".png", suffix)
                (root / folder / file).rename(root / folder / part / file)
    return root


def folders_below_each_part(root: Path) -> Path:
    """`train/annotations` and `train/images`, as Kaggle's sets often are."""
    parts_below_each_folder(root)
    for part in PARTS:
        for folder, name in (("Annotations", "annotations"), ("JPEGImages", "images")):
            (root / part).mkdir(exist_ok=True)
            (root / folder / part).rename(root / part / name)
    return root


def with_masks(root: Path) -> Path:
    """VOC2012 itself: pictures of segments have the names of some of its pictures."""
    voc(root)
    for folder in ("SegmentationClass", "SegmentationObject"):
        picture(root / folder / "a.png", "d.png")
    for file in (root / "JPEGImages").iterdir():
        file.rename(file.with_suffix(".bmp"))
    for file in (root / "Annotations").iterdir():
        edited(file, ".png</filename>", ".bmp</filename>")
    return root


def of_two_years(root: Path) -> Path:
    """VOC2007 beside VOC2012, each with its lists."""
    made = voc(root / "VOC2007")
    for folder in ("Annotations", "JPEGImages", "ImageSets/Main"):
        (root / "VOC2012" / folder).mkdir(parents=True)
    for folder, name in (("Annotations", "c.xml"), ("JPEGImages", "c.png")):
        (made / folder / name).rename(root / "VOC2012" / folder / name)
    (made / "ImageSets/Main/train.txt").write_text("a\nb\n")
    (root / "VOC2012/ImageSets/Main/trainval.txt").write_text("c\n")
    return root


FORMS = (
    *(nested, listed_by_windows, beside_pictures, parts_below_each_folder),
    *(folders_below_each_part, with_masks, of_two_years),
)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_the_forms_of_other_tools_are_the_same_set(form, tmp_path):
    found = original(open_dataset(voc(tmp_path / "plain"), input_shape=SHAPE))
    plain = {Path(name).stem: boxes for name, boxes in found.items()}
    data = open_dataset(form(tmp_path / "pets"), input_shape=SHAPE)
    assert {Path(name).stem: boxes for name, boxes in original(data).items()} == plain and len(plain) == len(BOXES)
    assert (len(data.train), len(data.test)) == (3, 1)


def test_a_stem_in_two_parts_is_of_the_part_that_its_file_is_in(tmp_path):
    root = parts_below_each_folder(tmp_path)
    picture(root / "JPEGImages" / "val" / "a.png", "b.png")
    shutil.copy(root / "Annotations" / "val" / "d.xml", root / "Annotations" / "val" / "a.xml")
    edited(root / "Annotations" / "val" / "a.xml", "<filename>d.png</filename>", "")
    data = open_dataset(root, input_shape=SHAPE)
    assert "JPEGImages/train/a.png" in data.train.names and "JPEGImages/val/a.png" in data.test.names


def test_difficult_objects_are_neither_learnt_nor_counted(tmp_path):
    root = voc(tmp_path)
    edited(root / "Annotations" / "b.xml", "<difficult>0</difficult>", "<difficult>1</difficult>")
    assert open_dataset(root, input_shape=SHAPE).train.crowd.tolist() == [False, True, False, False]


def test_parts_of_an_object_are_no_objects(tmp_path):
    root = voc(tmp_path)
    part = "<part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part>"
    edited(root / "Annotations" / "a.xml", "</bndbox></object>", f"</bndbox>{part}</object>")
    data = open_dataset(root, input_shape=SHAPE)
    assert data.classes == ("cat", "dog") and len(data.train.boxes) == 4
