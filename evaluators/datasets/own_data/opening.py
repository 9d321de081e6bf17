"""The forms of data that are known, and the one way to open them."""

from dataclasses import replace
from pathlib import Path

from evaluators.datasets.own_data.archives import archive_in, is_archive, stem_of, unpacked
from evaluators.datasets.own_data.arrays import is_arrays, open_arrays
from evaluators.datasets.own_data.boxes import is_coco, is_voc, is_yolo, open_coco, open_voc, open_yolo
from evaluators.datasets.own_data.channel_files import is_channel_folder, open_channel_files
from evaluators.datasets.own_data.forms import Form, opened
from evaluators.datasets.own_data.idx_files import is_idx_folder, open_idx
from evaluators.datasets.own_data.picture_forms import is_picture_folder, open_picture_folder
from evaluators.datasets.own_data.sounds import is_sound_folder, open_sounds
from evaluators.datasets.own_data.table_folder import is_table_folder, open_table_folder
from evaluators.datasets.own_data.tables import is_table, open_table
from evaluators.datasets.own_data.ts_files import is_ts, open_ts
from evaluators.datasets.reading import Reading
from evaluators.datasets.source import Data
from prototypenas.errors import DatasetError
from prototypenas.types import InputShape


def open_dataset(path: Path, *, input_shape: InputShape | None = None, reading: Reading | None = None) -> Data:
    """Read a data set of the user's own; without an official split a fifth is held out by a fixed seed.

    Pictures in files are shown at 3x128x128, arrays of pictures at their own size, series whole, unless `input_shape`
    says otherwise; a shorter length cuts series into windows. Series of one group stay on one side of the split.
    Pictures with boxes are for detection.
    `reading` decides where data can be read in several ways; `ClassificationData.reading` says how they were.

    Raises:
        DatasetError: if the path is missing, its form is unknown, or its content cannot be learnt from.
        ConfigurationError: if the data cannot be shown at `input_shape`.
    """
    return opened(path, FORMS, replace(reading or Reading(), input_shape=input_shape))


def _open_archive(path: Path, reading: Reading) -> Data:
    archive = archive_in(path)
    assert archive is not None  # the form has recognised it
    with unpacked(archive) as place:
        try:
            data = opened(place, FORMS, reading)
        except DatasetError as error:
            # Where it was unpacked is gone by the time the user reads this.
            raise DatasetError(str(error).replace(str(place), str(archive))) from error
    return replace(data, name=stem_of(archive), reading="; ".join((f"unpacked from {archive.name}", data.reading)))


FORMS: tuple[Form[Data], ...] = (
    Form("a YOLO folder with data.yaml, and pictures with boxes in text files", is_yolo, open_yolo),
    Form("a folder with COCO's JSON (images, annotations, categories)", is_coco, open_coco),
    Form("a folder with Pascal VOC's XML files and their pictures", is_voc, open_voc),
    Form("a .ts file, or a folder with <name>_TRAIN.ts and <name>_TEST.ts", is_ts, open_ts),
    Form(
        "a folder of pictures, one subfolder a class (or train/, val/ and test/ of such)",
        is_picture_folder,
        open_picture_folder,
    ),
    Form(
        "a folder of .wav files, one subfolder a class, or with a table that names their classes",
        is_sound_folder,
        open_sounds,
    ),
    Form("a folder with the IDX files of MNIST and its likes", is_idx_folder, open_idx),
    Form(
        "a folder with train/ and test/, each with y_<part>.txt and a folder of text files, one a channel (UCI HAR)",
        is_channel_folder,
        open_channel_files,
    ),
    Form("an .npz, or a folder of .npy, with x, y (and x_test, y_test)", is_arrays, open_arrays),
    Form(
        "a .csv, .tsv, .txt or .parquet table with a column label (or <name>_train and <name>_test)",
        is_table,
        open_table,
    ),
    Form("a folder of .csv, .tsv or .parquet recordings, one subfolder a class", is_table_folder, open_table_folder),
    Form("a .zip or .tar with one of these inside", is_archive, _open_archive),
)
"""Asked in this order."""
