"""Data sets and the training of the chosen models on them."""

from evaluators.datasets import DATASETS, ClassificationData, Data, DatasetSource, open_dataset

__all__ = ["DATASETS", "ClassificationData", "Data", "DatasetSource", "open_dataset"]
