"""Classification data sets by name; a mapping entry is a frozen description that loads itself."""

from collections.abc import Mapping
from types import MappingProxyType

from evaluators.datasets.cifar import Cifar
from evaluators.datasets.digits import Digits
from evaluators.datasets.samples import ClassificationData, Normalisation, Samples
from evaluators.datasets.source import DatasetSource

DATASETS: Mapping[str, DatasetSource] = MappingProxyType(
    {
        "digits": Digits(),
        "cifar10": Cifar(10),
    }
)

__all__ = ["DATASETS", "ClassificationData", "DatasetSource", "Normalisation", "Samples"]
