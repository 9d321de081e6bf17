"""What a trained detector says of pictures in every form they may come in."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from evaluators.datasets.boxed_pictures import DetectionData
from evaluators.datasets.digits_scattered import ScatteredDigits
from evaluators.detection.detection_task import detection_evaluator
from evaluators.training.recipe import Recipe
from prototypenas.app import predicting
from prototypenas.app.catalogue import gather
from prototypenas.app.model import TrainedModel
from prototypenas.app.predicting import predictions
from prototypenas.app.settings import DataSettings
from prototypenas.costing.targets import load_targets
from prototypenas.detection.decode import DEPLOYED
from prototypenas.errors import ConfigurationError
from prototypenas.progress import Silent
from prototypenas.runs.model_results import model_result
from prototypenas.steps import Training
from prototypenas.types import Configuration, Cost, Footprint, GroupConfiguration, Scored
from search_spaces.mbednet_detection import build_mbednet_detection


@pytest.fixture(scope="module")
def data() -> DetectionData:
    found = ScatteredDigits(classes=10).load(input_shape=(1, 32, 32))
    return replace(found, train=found.train.at(torch.arange(48)), test=found.test.at(torch.arange(12)))


@pytest.fixture(scope="module")
def model(data, tmp_path_factory) -> TrainedModel:
    group = GroupConfiguration(depth=1, kernel=3, stride=2, sparsity=0.3)
    groups = (group, group, replace(group, stride=1), replace(group, stride=1))
    configuration = Configuration("mbednet_detection", 0.3, groups)
    candidate = Scored(1, configuration, Cost(1, 1, Footprint(1, 1, 1, 1, 1, 1, 1, 1)), "d", {})
    evaluator = replace(detection_evaluator(data), recipe=Recipe(epochs=12, batch_size=16, validation_share=0.2))
    directory = tmp_path_factory.mktemp("detector")
    evaluator.evaluate(candidate, build_mbednet_detection, directory=directory, seed=0, device="cpu", progress=Silent())
    training = Training("scattered", evaluator, {"mbednet_detection": build_mbednet_detection}, {})
    target = load_targets()["stm32f746"]
    return TrainedModel(directory, model_result(directory, candidate, target), target, lambda: training)


@pytest.fixture(autouse=True)
def hardly_any_threshold(monkeypatch):
    """Twelve epochs teach little: without this, no box would be sure enough to be told."""
    monkeypatch.setattr(predicting, "DEPLOYED", replace(DEPLOYED, threshold=0.001))


def boxes_in(model: TrainedModel, path: Path | None) -> pd.DataFrame:
    return predictions(model, path, catalogue=gather((), ()), settings=DataSettings())


def test_boxes_of_the_test_set_lie_in_its_pictures(model, data):
    table = boxes_in(model, None)
    assert list(table) == ["picture", "class", "score", "x1", "y1", "x2", "y2"]
    assert table["picture"].nunique() > 1 and set(table["picture"]) <= set(data.test.names)
    assert set(table["class"]) <= set(data.classes)
    assert table["score"].between(0.001, 1).all()
    assert ((table["x1"] < table["x2"]) & (table["y1"] < table["y2"])).all()
    assert table[["x1", "y1", "x2", "y2"]].to_numpy().min() >= 0
    assert table[["x1", "y1", "x2", "y2"]].to_numpy().max() <= 32


def test_pictures_without_boxes_get_the_same(model, data, tmp_path):
    named = dict(zip(data.test.names, (f"{place:02} of it.png" for place in range(len(data.test))), strict=True))
    for picture, name in zip(data.test.pictures.numpy(), named.values(), strict=True):
        Image.fromarray(picture[0]).save(tmp_path / name)
    wanted = boxes_in(model, None)
    found = boxes_in(model, tmp_path)
    pd.testing.assert_frame_equal(found, wanted.assign(picture=wanted["picture"].map(named)))
    one = named[wanted["picture"].iloc[0]]
    pd.testing.assert_frame_equal(
        boxes_in(model, tmp_path / one), found[found["picture"] == one].reset_index(drop=True)
    )


def test_corners_are_in_pixels_of_the_picture_that_was_given(model, data, tmp_path):
    twice = Image.fromarray(data.test.pictures[0, 0].numpy()).resize((96, 48), Image.Resampling.NEAREST)
    twice.save(tmp_path / "p.png")
    table = boxes_in(model, tmp_path / "p.png")
    assert len(table) and table["x2"].max() > 48 and table["y2"].max() <= 48 and table["x2"].max() <= 96


def test_what_holds_no_pictures_is_refused(model, tmp_path):
    np.save(tmp_path / "samples.npy", np.zeros((3, 1, 32, 32), np.uint8))
    with pytest.raises(ConfigurationError, match="holds no pictures, and this model finds boxes"):
        boxes_in(model, tmp_path / "samples.npy")
    np.savez(tmp_path / "labelled.npz", x=np.zeros((40, 32, 32, 1), np.uint8), y=np.arange(40) % 2)
    with pytest.raises(ConfigurationError, match="holds no pictures, and this model finds boxes"):
        boxes_in(model, tmp_path / "labelled.npz")
