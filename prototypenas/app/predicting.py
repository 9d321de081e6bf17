"""What a trained model's int8 network, and so its C, says of samples: classes, or boxes."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from evaluators import ClassificationData, Data
from evaluators.classification import ClassificationTask
from evaluators.datasets.boxed_pictures import BoxedPictures, DetectionData
from evaluators.datasets.new_pictures import new_pictures, read_as_stored, read_letterboxed
from evaluators.detection.detections import int8_detections
from evaluators.evaluator import TaskEvaluator
from prototypenas.app.catalogue import Catalogue
from prototypenas.app.given_data import stored
from prototypenas.app.model import TrainedModel, task_evaluator
from prototypenas.app.settings import DataSettings
from prototypenas.app.training_composition import load_data
from prototypenas.compression.simulator import dequantize_outputs, quantize_input, simulate_rows
from prototypenas.detection.decode import DEPLOYED
from prototypenas.detection.head import HEAD, read_head
from prototypenas.errors import ConfigurationError, DatasetError, RunDirectoryError
from prototypenas.graph.graph import IntegerGraph

BATCH = 256
"""Samples computed at once."""


@dataclass(frozen=True)
class _Given:
    """Samples as the data set stores them, `(N, ...)`, with a name each, and a class name each where it is known."""

    inputs: Tensor
    names: tuple[str, ...]
    labels: tuple[str, ...] | None = None


def predictions(
    model: TrainedModel, data: Path | None, *, catalogue: Catalogue, settings: DataSettings
) -> pd.DataFrame:
    """Return what the int8 network says of each sample, exactly as the C computes it.

    Of a classifier that is a row a sample: its name, its class where that is known, the class that was predicted, and
    the network's output for each class. Of a detector it is a row a box: picture, class, score, corners in pixels.

    Args:
        model: a trained and quantized model.
        data: a picture, a folder of pictures, `.npy` with samples as they are stored, or anything that can be trained
            on; `None` is the test part of the run's own data.
        catalogue: parts by name.
        settings: how the run reads its data; `data` of the forms that can be trained on are read the same way.

    Raises:
        ConfigurationError: for samples of another shape than the model's.
        DatasetError: if the data cannot be read.
        RunDirectoryError: if the model is not quantized yet.
    """
    evaluator = task_evaluator(model.training)
    if model.result.graph is None:
        raise RunDirectoryError(f"trial {model.number} is not quantized yet; train again to finish it")
    loaded = None
    if data is not None and data.suffix.lower() != ".npy" and not new_pictures(data):
        size = "x".join(map(str, evaluator.input_shape))
        loaded = load_data(catalogue, None, replace(settings, own_data=data), input_size=size)
    if isinstance(evaluator.task, ClassificationTask):
        return _classified(model.result.graph, evaluator.task.data, _samples(evaluator.task.data, data, loaded))
    return _boxes(model, model.result.graph, _pictures(evaluator, data, loaded))


def _classified(graph: IntegerGraph, known: ClassificationData, given: _Given) -> pd.DataFrame:
    outputs = np.concatenate([_outputs(graph, known.prepared(part)) for part in torch.split(given.inputs, BATCH)])
    columns: dict[str, Sequence[object]] = {"sample": given.names}
    if given.labels is not None:
        columns["class"] = given.labels
    columns["predicted"] = [known.classes[place] for place in outputs.argmax(axis=1)]
    columns |= {f"output {name}": outputs[:, place].tolist() for place, name in enumerate(known.classes)}
    return pd.DataFrame(columns)


def _outputs(graph: IntegerGraph, inputs: Tensor) -> NDArray[np.float32]:
    rows = simulate_rows(graph, quantize_input(graph, inputs.numpy()))
    return dequantize_outputs(graph, rows)[0]


def _samples(known: ClassificationData, data: Path | None, loaded: Data | None) -> _Given:
    """Return the samples of the forms that need no classes, or those of a data set with all its parts."""
    if data is None:
        return _labelled(known, ("test",))
    shape = tuple(known.test.inputs.shape[1:])
    if isinstance(loaded, ClassificationData):
        given = _labelled(loaded, ("train", "validation", "test"))
    elif loaded is not None:
        raise ConfigurationError(f"{data} holds pictures with boxes, and this model tells classes")
    elif data.suffix.lower() == ".npy":
        values = torch.from_numpy(stored(_array(data)))
        given = _Given(values, tuple(map(str, range(len(values)))))
    elif len(shape) != 3:
        raise ConfigurationError(f"{data} holds pictures, and this model takes series of {_cross(shape)}")
    else:
        paths = new_pictures(data)
        given = _Given(read_as_stored(paths, shape), tuple(path.name for path in paths))
    found = tuple(given.inputs.shape[1:])
    if len(found) != len(shape) or found[0] != shape[0] or (len(shape) == 2 and found != shape):
        raise ConfigurationError(f"samples of {data} are {_cross(found)}; this model takes {_cross(shape)}")
    return given


def _labelled(data: ClassificationData, parts: Sequence[str]) -> _Given:
    found = [(name, part) for name in parts if (part := getattr(data, name)) is not None]
    return _Given(
        torch.cat([part.inputs for _, part in found]),
        tuple(f"{name} {place}" for name, part in found for place in range(len(part))),
        tuple(data.classes[label] for _, part in found for label in part.targets.tolist()),
    )


def _array(path: Path) -> NDArray[np.generic]:
    try:
        values: NDArray[np.generic] = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DatasetError(f"{path} cannot be read as an array: {error}") from error
    if not len(values.shape) or not len(values):
        raise DatasetError(f"{path} holds no sample")
    return values if values.ndim == 4 else values.astype(np.float32)


def _pictures(evaluator: TaskEvaluator, data: Path | None, loaded: Data | None) -> BoxedPictures:
    if data is None:
        own: BoxedPictures = evaluator.task.test
        return own
    if isinstance(loaded, DetectionData):
        return loaded.test
    if loaded is not None or data.suffix.lower() == ".npy":
        raise ConfigurationError(f"{data} holds no pictures, and this model finds boxes in pictures")
    return read_letterboxed(new_pictures(data), evaluator.input_shape)


def _boxes(model: TrainedModel, graph: IntegerGraph, pictures: BoxedPictures) -> pd.DataFrame:
    head = read_head(model.directory / HEAD)
    task = task_evaluator(model.training).task
    rows = []
    for part in pictures.batches(BATCH):
        outputs = simulate_rows(graph, quantize_input(graph, task.prepared(part).numpy()))
        found = int8_detections(graph, head, outputs, part, DEPLOYED)
        for name, one in zip(part.names, found, strict=True):
            for corners, score, label in zip(one.boxes.tolist(), one.scores, one.labels, strict=True):
                rows.append((name, head.classes[label], round(float(score), 4), *(round(edge, 1) for edge in corners)))
    return pd.DataFrame(rows, columns=["picture", "class", "score", "x1", "y1", "x2", "y2"])


def _cross(shape: Sequence[int]) -> str:
    return "x".join(map(str, shape))
