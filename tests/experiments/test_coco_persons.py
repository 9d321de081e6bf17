from dataclasses import replace

import numpy as np
import pytest
import torch

from evaluators.datasets.digits_scattered import ScatteredDigits
from experiments.coco_persons import differences, persons_evaluator, persons_experiment, subset_of
from experiments.detection_figure import COLUMNS, Panel, detection_figure, table_rows
from experiments.paper_experiment import settings_of
from experiments.paper_values import ZOO_DETECTORS
from prototypenas.app.catalogue import gather
from prototypenas.app.exploring import compose_run
from prototypenas.app.settings import DeviceSettings
from prototypenas.errors import ConfigurationError
from prototypenas.reporting.report_data import ModelResult
from prototypenas.types import Configuration, Cost, Evaluation, Footprint, GroupConfiguration, Scored


@pytest.fixture(scope="module")
def few():
    data = ScatteredDigits().load(input_shape=(1, 32, 32))
    return replace(data, train=data.train.at(torch.arange(40)), test=data.test.at(torch.arange(8)))


def test_the_two_searches_are_the_papers():
    device = DeviceSettings()
    small, large = (compose_run(gather(), settings_of(persons_experiment(size), seed=0), device) for size in (128, 320))
    assert (small.trials, small.task.num_classes, small.task.input_shape) == (500, 1, (3, 128, 128))
    assert small.task.budget.ram_bytes is not None and small.task.detects and large.task.detects
    budget = large.task.budget
    assert (budget.ram_bytes, budget.rom_bytes, budget.flops) == (None, None, None)
    assert persons_experiment(128).epochs == 100


def test_all_pictures_are_mosaics_and_other_counts_are_said(few):
    evaluator = persons_evaluator(few, 7)
    assert evaluator.task.augmentation.mosaic == 1.0 and evaluator.recipe.epochs == 7
    assert differences(few)[0].startswith("training: 40 pictures") and "64,115" in differences(few)[0]


def test_a_subset_is_the_same_every_time_and_shares_outside_are_refused(few):
    assert subset_of(few, 0.5).train.names == subset_of(few, 0.5).train.names
    assert len(subset_of(few, 0.5).train) == 20
    for share in (0.0, 1.5, 1e-9):
        with pytest.raises(ConfigurationError, match="share"):
            subset_of(few, share)


def test_the_figure_has_a_panel_an_experiment_and_a_row_a_model():
    configuration = Configuration("mbednet_detection", 1.0, (GroupConfiguration(),) * 4)
    cost = Cost(10**7, 1, Footprint(1, 2, 3, 4, 5, 6, 7, 8))
    model = ModelResult(Scored(4, configuration, cost, "x", {}), Evaluation("map50", 0.41, 0.4, 0.39, 2693, 1.0))
    panels = [Panel(128, 64_115, 100, (model,)), Panel(320, 61, 3, (model, ModelResult(model.candidate)))]
    figure = detection_figure(panels)
    assert [axes.get_title(loc="left") for axes in figure.axes[:2]] == [
        "128 pixels, 64,115 pictures, 100 epochs, as the paper",
        "320 pixels, 61 pictures, 3 epochs",
    ]
    assert np.allclose(figure.axes[0].collections[0].get_offsets(), [[20, 39]])
    ours, *zoo = figure.axes[2].collections
    assert np.allclose(ours.get_offsets(), [[6 / 1024, 39]])
    marks = np.concatenate([series.get_offsets() for series in zoo])
    assert [166, 34.7] in marks.tolist() and len(marks) == len(ZOO_DETECTORS)
    assert table_rows(panels[1]) == [(320, 61, 3, 0, 4, 20.0, 6, 30, None, 0.41, 0.39, None, None, "")]
    assert len(table_rows(panels[1])[0]) == len(COLUMNS)
