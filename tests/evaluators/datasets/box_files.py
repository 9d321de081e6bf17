"""One small set of pictures with boxes, written in each of the forms that public sets come in."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from evaluators.datasets.boxed_pictures import DetectionData

SHAPE = (3, 32, 32)
SIZES = {"a.png": (40, 60), "b.png": (64, 64), "c.png": (50, 30), "d.png": (60, 60)}
"""Width and height."""
BOXES = {
    "a.png": [("cat", (4, 6, 20, 30))],
    "b.png": [("dog", (0, 0, 64, 32)), ("cat", (10, 10, 30, 50))],
    "c.png": [("dog", (1, 2, 29, 20))],
    "d.png": [("cat", (5, 5, 50, 50))],
}
PARTS = {"train": ("a.png", "b.png", "c.png"), "val": ("d.png",)}
CLASSES = ("cat", "dog")


def picture(path: Path, name: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(sum(map(ord, name)))
    Image.fromarray(rng.integers(0, 256, (SIZES[name][1], SIZES[name][0], 3), dtype=np.uint8)).save(path)


def yolo(root: Path) -> Path:
    for part, names in PARTS.items():
        for name in names:
            picture(root / "images" / part / name, name)
            width, height = SIZES[name]
            lines = [
                f"{CLASSES.index(label)} {(x1 + x2) / 2 / width} {(y1 + y2) / 2 / height} "
                f"{(x2 - x1) / width} {(y2 - y1) / height}"
                for label, (x1, y1, x2, y2) in BOXES[name]
            ]
            labels = root / "labels" / part / name.replace(".png", ".txt")
            labels.parent.mkdir(parents=True, exist_ok=True)
            labels.write_text("\n".join(lines) + "\n")
    (root / "data.yaml").write_text("train: images/train\nval: images/val\nnames: [cat, dog, unicorn]\n")
    return root


def coco(root: Path) -> Path:
    (root / "annotations").mkdir(parents=True)
    for part, names in PARTS.items():
        for name in names:
            picture(root / "images" / part / name, name)
        content = {
            "images": [
                {"id": place, "file_name": name, "width": SIZES[name][0], "height": SIZES[name][1]}
                for place, name in enumerate(names)
            ],
            "annotations": [
                {
                    "id": 10 * place + number,
                    "image_id": place,
                    "category_id": 5 + CLASSES.index(label),
                    "bbox": [x1, y1, x2 - x1, y2 - y1],
                    "iscrowd": 0,
                }
                for place, name in enumerate(names)
                for number, (label, (x1, y1, x2, y2)) in enumerate(BOXES[name])
            ],
            "categories": [{"id": 5, "name": "cat"}, {"id": 6, "name": "dog"}, {"id": 7, "name": "unicorn"}],
        }
        (root / "annotations" / f"instances_{part}.json").write_text(json.dumps(content))
    return root


def voc(root: Path) -> Path:
    (root / "Annotations").mkdir(parents=True)
    (root / "ImageSets" / "Main").mkdir(parents=True)
    for part, names in PARTS.items():
        (root / "ImageSets" / "Main" / f"{part}.txt").write_text("".join(f"{Path(name).stem}\n" for name in names))
        for name in names:
            picture(root / "JPEGImages" / name, name)
            objects = "".join(
                f"<object><name>{label}</name><difficult>0</difficult>"
                f"<bndbox><xmin>{x1 + 1}</xmin><ymin>{y1 + 1}</ymin>"
                f"<xmax>{x2}</xmax><ymax>{y2}</ymax></bndbox></object>"
                for label, (x1, y1, x2, y2) in BOXES[name]
            )
            text = f"<annotation><filename>{name}</filename>{objects}</annotation>"
            (root / "Annotations" / name.replace(".png", ".xml")).write_text(text)
    return root


FORMS = {"yolo": yolo, "coco": coco, "voc": voc}


def original(data: DetectionData) -> dict[str, list[tuple[str, tuple[float, ...]]]]:
    """Boxes in pixels of the original pictures."""
    found = {}
    for part in (data.train, data.test):
        for place, name in enumerate(part.names):
            start, end = part.first[place : place + 2].tolist()
            boxes = part.letterboxes[place].inverse(part.boxes[start:end].numpy()).round(3).tolist()
            labels = [data.classes[label] for label in part.labels[start:end].tolist()]
            found[Path(name).name] = [(label, tuple(box)) for label, box in zip(labels, boxes, strict=True)]
    return found


def edited(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def write_label(root: Path, line: str) -> None:
    (root / "labels" / "train" / "a.txt").write_text(line + "\n")


def train_json(root: Path) -> Path:
    return root / "annotations" / "instances_train.json"
