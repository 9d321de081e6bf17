"""Simple classifiers on the same split as the networks: whether a network is worth its flash is seen against them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from evaluators.datasets.samples import ClassificationData, Samples
from prototypenas.progress import Progress
from prototypenas.runs.class_scores import ReferenceScore

TITLE = "simple classifiers"
"""As progress shows them."""

MOST_SAMPLES = 10_000
"""Training samples that they learn from: a forest on more takes minutes."""
LONGEST_EDGE = 16
"""Larger images are shrunk to it, as means over areas."""
MOST_STEPS = 64
"""Longer series are shrunk to so many steps, as means over time."""

TREES = 100
NEIGHBOURS = 5
PART = 512
"""Samples turned into features at once."""

Features = NDArray[np.float32]


@dataclass(frozen=True)
class ReferenceClassifiers:
    """The most frequent class, the nearest training samples, and a random forest."""

    data: ClassificationData

    def scores(self, progress: Progress) -> tuple[ReferenceScore, ...]:
        """Train each on the training part and test it on the whole test part; the same every time.

        The forest and the neighbours see normalised pixels, or steps of series and five statistics of each channel.
        """
        train = self.data.train
        if len(train) > MOST_SAMPLES:
            train = train.at(torch.randperm(len(train), generator=torch.Generator().manual_seed(0))[:MOST_SAMPLES])
        known, asked = features_of(self.data, train), features_of(self.data, self.data.test)
        found = []
        for done, (name, classifier) in enumerate(_classifiers(len(train))):
            progress.update(TITLE, done, 3, name)
            classifier.fit(known, train.targets.numpy())
            found.append(self._score(name, classifier.predict(asked), len(train)))
        progress.update(TITLE, 3, 3)
        return tuple(found)

    def _score(self, name: str, predicted: NDArray[np.int64], samples: int) -> ReferenceScore:
        from sklearn.metrics import f1_score  # noqa: PLC0415

        truth = self.data.test.targets.numpy()
        macro = f1_score(truth, predicted, labels=range(self.data.num_classes), average="macro", zero_division=0.0)
        return ReferenceScore(name, float((predicted == truth).mean()), float(macro), samples)


def features_of(data: ClassificationData, samples: Samples) -> Features:
    """Return one row of numbers a sample, `(N, features)`."""
    parts = [_features(data, batch.inputs) for batch in samples.batches(PART)]
    return np.concatenate([part.numpy() for part in parts])


def _features(data: ClassificationData, inputs: Tensor) -> Tensor:
    if data.is_image:
        height, width = (min(side, LONGEST_EDGE) for side in inputs.shape[2:])
        return functional.adaptive_avg_pool2d(inputs.float(), (height, width)).flatten(1) / 255
    series = data.prepared(inputs)
    steps = functional.adaptive_avg_pool1d(series, min(series.shape[2], MOST_STEPS))
    change = series.diff(dim=2).abs().mean(dim=2) if series.shape[2] > 1 else torch.zeros_like(series[:, :, 0])
    statistics = (series.mean(dim=2), series.std(dim=2, correction=0), series.amin(dim=2), series.amax(dim=2), change)
    return torch.cat([steps.flatten(1), *statistics], dim=1)


def _classifiers(samples: int) -> Iterator[tuple[str, Any]]:
    # scikit-learn takes a second to import, and only this needs it.
    from sklearn.dummy import DummyClassifier  # noqa: PLC0415
    from sklearn.ensemble import RandomForestClassifier  # noqa: PLC0415
    from sklearn.neighbors import KNeighborsClassifier  # noqa: PLC0415

    neighbours = min(NEIGHBOURS, samples)
    yield "most frequent class", DummyClassifier(strategy="most_frequent")
    yield f"{neighbours} nearest neighbours", KNeighborsClassifier(neighbours, algorithm="brute")
    yield f"random forest of {TREES} trees", RandomForestClassifier(TREES, random_state=0, n_jobs=1)
