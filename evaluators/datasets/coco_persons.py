"""The persons of COCO 2017: the paper's detection set (section 4.3)."""

from dataclasses import dataclass
from pathlib import Path

from evaluators.datasets.box_annotations import detection_data
from evaluators.datasets.boxed_pictures import DetectionData
from evaluators.datasets.coco_json import CocoFolder
from evaluators.datasets.files import existing_folder
from prototypenas.errors import DatasetError
from prototypenas.types import InputShape


@dataclass(frozen=True)
class CocoPersons:
    """Pictures of COCO 2017 with at least one person that is not in a crowd; the validation part is the test."""

    description: str = "persons in COCO 2017, 64,115 training and 2,693 test pictures (18 GB + 1 GB, cocodataset.org)"
    classes: int = 1
    input_shape: InputShape = (3, 128, 128)
    needs_files: bool = True
    homepage: str = "https://cocodataset.org/#download"

    def load(
        self, data_dir: Path | None, *, download: bool = False, input_shape: InputShape | None = None
    ) -> DetectionData:
        """Read `annotations/instances_{train,val}2017.json` and the pictures under `images` or beside it.

        Raises:
            DatasetError: if a download is asked for, or files are missing or damaged.
        """
        if download:
            raise DatasetError(
                "coco-persons cannot be downloaded from here: get train2017.zip (18 GB), val2017.zip (1 GB) and "
                f"annotations_trainval2017.zip from {self.homepage} and unpack them into one folder"
            )
        folder = existing_folder(data_dir, "coco-persons", download=False, homepage=self.homepage)
        files = tuple(folder / "annotations" / f"instances_{part}2017.json" for part in ("train", "val"))
        for file in files:
            if not file.is_file():
                raise DatasetError(f"{file} of coco-persons is missing; get the set from {self.homepage}")
        found = CocoFolder(folder, ("person",), files=files).read("coco-persons")
        return detection_data(found, folder, input_shape or self.input_shape)
