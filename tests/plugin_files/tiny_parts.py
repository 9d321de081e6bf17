"""A plug-in as a user writes it: two tiny data sets, a toy architecture, a proxy and a target."""

from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn

from evaluators.datasets.samples import ClassificationData, Samples, assembled
from prototypenas.costing.targets import load_targets
from prototypenas.evidence import Evidence
from prototypenas.prototype import Prototype
from prototypenas.types import Budget, Configuration, InputShape
from search_spaces.convolution import classifier, convolution_unit
from search_spaces.sizing import Sizing

CLASSES = ("top left", "top right", "bottom left", "bottom right")


@dataclass(frozen=True)
class BrightQuarter:
    """Noise in which one quarter of the image is brighter."""

    seed: int = 0
    description: str = "60 grey 16x16 images with one bright quarter"
    classes: int = 4
    input_shape: InputShape = (1, 16, 16)
    needs_files: bool = False

    def load(
        self, data_dir: Path | None, *, download: bool = False, input_shape: InputShape | None = None
    ) -> ClassificationData:
        generator = torch.Generator().manual_seed(self.seed)
        labels = torch.arange(60) % 4
        images = torch.randint(0, 100, (60, 1, 16, 16), generator=generator)
        for image, label in zip(images, labels.tolist(), strict=True):
            row, column = 8 * (label // 2), 8 * (label % 2)
            image[0, row : row + 8, column : column + 8] += 100
        samples = Samples(images.to(torch.uint8), labels)
        train, test = torch.arange(40), torch.arange(40, 60)
        return assembled(
            "quarters", CLASSES, samples.at(train), samples.at(test), input_shape=input_shape, split="by place"
        )


def toy(configuration: Configuration, input_shape: InputShape, num_classes: int) -> Prototype:
    """Plain convolutions, as many a group as it is deep."""
    sizing = Sizing(configuration, input_shape)
    sizing.slide("stem", 3, 2)
    features = sizing.fixed("stem", "stem.0", sizing.scaled("stem", 8))
    stem = convolution_unit(input_shape[0], features.kept, 3, stride=2, axes=len(input_shape) - 1)
    groups: list[list[nn.Module]] = []
    for number, group in enumerate(configuration.groups):
        blocks: list[nn.Module] = []
        for block in range(group.depth):
            stride = group.stride if block == 0 else 1
            sizing.slide(f"group {number}", group.kernel, stride)
            wide = sizing.scaled(f"group {number}", 8 + 4 * number)
            out = sizing.pruned(f"block{block}", f"groups.{number}.{block}.0", wide, group=number)
            blocks.append(convolution_unit(features.kept, out.kept, group.kernel, stride=stride))
            features = out
        groups.append(blocks)
    head = classifier(features.kept, num_classes, axes=len(input_shape) - 1)
    return Prototype(
        stem,
        groups,
        head,
        configuration=configuration,
        input_shape=input_shape,
        num_classes=num_classes,
        dimensions=sizing.dimensions,
    )


def mean_gradient(evidence: Evidence) -> float:
    """Mean magnitude of the weights' gradients."""
    return float(sum(gradient.abs().mean() for gradient in evidence.gradients(0).values()))


DATASETS = {"quarters": BrightQuarter(), "other-quarters": BrightQuarter(seed=1)}
BASELINES = {"toy": toy}
KERNELS = {"toy": (3, 5, 7)}
PROXIES = {"mean_gradient": mean_gradient}
TARGETS = {
    "my-board": replace(load_targets()["stm32f746"], name="my-board"),
    "thimble": replace(load_targets()["stm32f746"], name="thimble", budget=Budget(ram_bytes=100)),
}
