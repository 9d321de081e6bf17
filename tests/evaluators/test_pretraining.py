from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from evaluators.datasets.samples import ClassificationData, Samples, assembled
from evaluators.pretraining import PicturePretraining, pretraining_on
from evaluators.training.checkpoints import load_whole
from prototypenas.errors import ConfigurationError, DatasetError
from prototypenas.progress import Silent
from search_spaces.mbednet import build_mbednet


@pytest.fixture(scope="session")
def shades(tmp_path_factory) -> Path:
    """Forty noisy pictures of two classes, one darker."""
    folder = tmp_path_factory.mktemp("pictures") / "shades"
    noise = np.random.default_rng(0).integers(0, 60, (40, 20, 20), dtype=np.uint8)
    for number, pixels in enumerate(noise):
        place = folder / ("dark", "light")[number % 2]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels + 120 * (number % 2)).save(place / f"{number}.png")
    return folder


@pytest.fixture
def pretraining(shades, few_digits) -> PicturePretraining:
    return pretraining_on(shades, few_digits, epochs=3)


class PowerCut(BaseException):
    pass


class CutAt:
    def __init__(self, epochs):
        self.epochs = epochs

    def update(self, task, completed, total, note=""):
        assert task == "pre-train mbednet" and total == 3
        if completed >= self.epochs:
            raise PowerCut


def train(pretraining, configuration, directory, progress=None):
    pretraining.train(
        configuration, build_mbednet, directory=directory, seed=2, device="cpu", progress=progress or Silent()
    )
    return pretraining.weights(directory)


def test_all_pictures_are_learnt_at_the_size_of_the_data(pretraining, shades):
    assert pretraining.pictures.train.inputs.shape == (40, 1, 16, 16)
    assert pretraining.arguments() == {
        "pretrain": str(shades),
        "pretrain_epochs": 3,
        "pretrain_digest": pretraining.pictures.digest(),
    }
    assert pretraining.recipe.augmentation.shift == 1, "of 16 pixels"


def test_a_killed_pretraining_continues_and_a_finished_one_is_left(pretraining, tiny_configuration, tmp_path):
    shape = tiny_configuration.unpruned()
    whole = train(pretraining, shape, tmp_path / "whole")
    with pytest.raises(PowerCut):
        train(pretraining, shape, tmp_path / "cut", CutAt(2))
    seconds = [row["seconds"] for row in load_whole(tmp_path / "cut/last.pt")["history"]]
    resumed = train(pretraining, shape, tmp_path / "cut")
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    after = [row["seconds"] for row in load_whole(tmp_path / "cut/last.pt")["history"]]
    assert seconds and after[: len(seconds)] == seconds, "a finished epoch was trained again"
    written = (tmp_path / "cut/last.pt").stat().st_mtime_ns
    train(pretraining, shape, tmp_path / "cut", CutAt(0))
    assert (tmp_path / "cut/last.pt").stat().st_mtime_ns == written


def test_the_identity_follows_all_that_matters(pretraining, tiny_configuration):
    known = pretraining.identity(tiny_configuration, 0)
    others = [
        pretraining.identity(tiny_configuration, 1),
        pretraining.identity(tiny_configuration.unpruned(), 0),
        replace(pretraining, recipe=replace(pretraining.recipe, epochs=4)).identity(tiny_configuration, 0),
    ]
    assert known not in others and known == pretraining.identity(tiny_configuration, 0)


def test_series_and_missing_folders_are_refused(shades, few_digits, tmp_path):
    series = Samples(torch.randn(40, 2, 16), torch.arange(40) % 2)
    data = assembled("wind", ["a", "b"], series, series, split="made up")
    with pytest.raises(ConfigurationError, match="wind are series"):
        pretraining_on(shades, data, epochs=1)
    with pytest.raises(DatasetError, match="is no folder"):
        pretraining_on(tmp_path / "none", few_digits, epochs=1)


def test_pictures_that_are_tested_on_are_refused(shades, few_digits: ClassificationData):
    pictures = pretraining_on(shades, few_digits, epochs=1).pictures
    tested = replace(few_digits, test=pictures.train.at(torch.arange(3)))
    with pytest.raises(DatasetError, match="holds 3 pictures that digits is tested on"):
        pretraining_on(shades, tested, epochs=1)
