"""What any data set must keep, to be run by whoever writes a loader."""

from pathlib import Path

import torch

from evaluators.datasets.samples import ClassificationData, Samples
from evaluators.datasets.source import Data, DatasetSource
from prototypenas.testing import ConformanceError


def check_dataset(name: str, source: DatasetSource, data_dir: Path | None = None) -> Data:
    """Load a data set twice and hold it to its contract; return it.

    It says what it is; it loads to the classes and the shape it promises, the same every time; samples are stored as
    bytes or finite floats, labels are numbers of classes, and no class is without a training sample; no sample is in
    training and in test; its normalisation is finite.

    Raises:
        ConformanceError: if it breaks the contract; the message says how.
        DatasetError: if its files cannot be read.
    """
    if not source.description or "\n" in source.description:
        raise ConformanceError(f"{name} has no description of one line")
    data, again = (source.load(data_dir) for _ in range(2))
    _require(name, data.digest() == again.digest(), "loads other samples the second time; seed what is random")
    _require(name, data.num_classes == source.classes, f"has {data.num_classes} classes, not {source.classes}")
    _require(name, data.input_shape == source.input_shape, f"has the shape {data.input_shape}, not as promised")
    _require(name, len(set(data.classes)) == len(data.classes), "names a class twice")
    _require(name, len(data.train) > 0 and len(data.test) > 0, "needs samples to train on and samples to test on")
    if isinstance(data, ClassificationData):
        _check_samples(name, data)
    return data


def _check_samples(name: str, data: ClassificationData) -> None:
    for part, samples in (("training", data.train), ("test", data.test)):
        targets, inputs = samples.targets, samples.inputs
        _require(name, len(inputs) == len(targets), f"has {len(inputs)} {part} samples and {len(targets)} labels")
        _require(name, inputs.dtype in (torch.uint8, torch.float32), f"stores {part} samples as {inputs.dtype}")
        _require(name, bool(inputs.isfinite().all()), f"has {part} samples that are not finite")
        _require(
            name,
            targets.dtype is torch.int64 and bool(((targets >= 0) & (targets < data.num_classes)).all()),
            f"has {part} labels that are no class numbers",
        )
        _require(name, inputs.shape[1] == data.input_shape[0], f"has {inputs.shape[1]} channels in its {part} samples")
    _require(name, len(set(data.train.targets.tolist())) == data.num_classes, "has a class without a training sample")
    shared = _contents(data.train) & _contents(data.test)
    _require(name, not shared, f"has {len(shared)} samples in training and in test")
    numbers = torch.tensor((*data.normalisation.mean, *data.normalisation.deviation))
    _require(name, bool(numbers.isfinite().all()), "has a normalisation that is not finite")


def _contents(samples: Samples) -> set[bytes]:
    return {sample.numpy().tobytes() for sample in samples.inputs}


def _require(name: str, holds: bool, breach: str) -> None:
    if not holds:
        raise ConformanceError(f"{name} {breach}")
