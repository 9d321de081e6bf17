from dataclasses import dataclass, replace

import pytest
import torch

from evaluators import DATASETS
from evaluators.dataset_conformance import check_dataset
from evaluators.datasets.samples import Samples
from prototypenas.testing import ConformanceError
from tests.plugin_files.tiny_parts import DATASETS as TINY


@dataclass
class Changed:
    """A data set of which every loading goes through a change."""

    change: object
    description: str = "sixty grey images"
    classes: int = 4
    input_shape: tuple[int, ...] = (1, 16, 16)
    loads: int = 0

    def load(self, data_dir, *, download=False, input_shape=None):
        self.loads += 1
        return self.change(TINY["quarters"].load(None), self.loads)


def with_train(data, inputs, targets):
    return replace(data, train=Samples(inputs, targets))


@pytest.mark.parametrize("source", [TINY["quarters"], DATASETS["digits"]], ids=["plug-in", "digits"])
def test_data_sets_of_the_house_conform(source):
    assert check_dataset("ours", source).num_classes == source.classes


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda data, loads: with_train(data, data.train.inputs.clone().fill_(loads), data.train.targets),
            "other samples",
        ),
        (lambda data, loads: with_train(data, data.train.inputs.double(), data.train.targets), "as torch.float64"),
        (lambda data, loads: with_train(data, data.train.inputs, data.train.targets + 1), "no class numbers"),
        (lambda data, loads: with_train(data, data.train.inputs, data.train.targets * 0), "without a training sample"),
        (lambda data, loads: replace(data, test=data.train), "in training and in test"),
        (lambda data, loads: replace(data, classes=("a", "b", "c")), "has 3 classes, not 4"),
        (lambda data, loads: replace(data, classes=("a", "b", "c", "c")), "names a class twice"),
        (lambda data, loads: replace(data, input_shape=(1, 8, 8)), "shape"),
        (lambda data, loads: replace(data, test=data.test.at(torch.arange(0))), "samples to test on"),
        (
            lambda data, loads: with_train(data, data.train.inputs.float() * float("nan"), data.train.targets),
            "not finite",
        ),
    ],
)
def test_each_breach_of_the_contract_is_named(change, said):
    with pytest.raises(ConformanceError, match=said):
        check_dataset("mine", Changed(change))


def test_a_data_set_says_what_it_is():
    with pytest.raises(ConformanceError, match="description"):
        check_dataset("mine", replace(Changed(lambda data, loads: data), description=""))
