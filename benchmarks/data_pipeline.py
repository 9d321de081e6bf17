"""Images a second that shuffling, augmentation and normalisation prepare for training, the network left out.

    python benchmarks/data_pipeline.py --data-dir data

CIFAR-10's shape, batches of 128, as training draws them; random pixels where no data folder is given. Where other
work keeps the cores busy, processor time says what an idle core would do. Less than a minute.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from evaluators import DATASETS
from evaluators.augmentation import Augmentation
from evaluators.datasets.samples import ClassificationData, Samples, assembled
from evaluators.training.batches import ShuffledBatches
from prototypenas.workers.threads import computing_threads


def random_images() -> ClassificationData:
    """As many random images as CIFAR-10 has for training."""
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (50_000, 3, 32, 32), dtype=torch.uint8, generator=generator)
    samples = Samples(pixels, torch.arange(50_000) % 10)
    return assembled("random", list("0123456789"), samples, samples, split="none")


def images_per_second(data: ClassificationData, augmentation: Augmentation) -> tuple[float, float]:
    """Run one epoch through an identity network: images a second, and a second of processor time."""
    network = torch.nn.Identity()
    generator = torch.Generator().manual_seed(0)
    batches = ShuffledBatches(data.train, "cpu", 128, seed=0)
    started, worked = time.perf_counter(), time.process_time()
    count = 0
    for inputs in (batch.inputs for batch in batches):
        with computing_threads(1):
            prepared = data.prepared(augmentation(inputs, generator))
        count += len(network(prepared))
    return count / (time.perf_counter() - started), count / (time.process_time() - worked)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure three epochs."""
    parser = argparse.ArgumentParser(description="Speed of the data pipeline.")
    parser.add_argument("--data-dir", type=Path)
    options = parser.parse_args(arguments)
    data = random_images() if options.data_dir is None else DATASETS["cifar10"].load(options.data_dir)
    for name, shown in (("3x32x32", data), ("3x128x128", _enlarged(data))):
        plain = Augmentation(shift=2, flip=True)
        for option, augmentation in (("", plain), (" with RandAugment", replace(plain, random_changes=2))):
            rates = [images_per_second(shown, augmentation) for _ in range(3)]
            passed, worked = (max(column) for column in zip(*rates, strict=True))
            print(f"{name}{option}: {passed:,.0f} images/s, {worked:,.0f} a second of processor time (best of 3)")


def _enlarged(data: ClassificationData) -> ClassificationData:
    few = data.train.at(torch.arange(2_560))
    return assembled(data.name, data.classes, few, few, input_shape=(3, 128, 128), split="none")


if __name__ == "__main__":
    main()
