"""What a run's settings explore, with data and without."""

from dataclasses import replace

import pytest

from evaluators.datasets.digits import Digits
from prototypenas.app.catalogue import gather
from prototypenas.app.exploring import compose_other_preset, compose_run
from prototypenas.app.presets import PRESETS
from prototypenas.app.run_settings import RunSettings
from prototypenas.app.settings import DeviceSettings
from prototypenas.errors import ConfigurationError

SETTINGS = RunSettings()
WITHOUT = replace(SETTINGS, input=replace(SETTINGS.input, input_size="6x128", classes=3, task="time-series"))


@pytest.fixture(scope="module")
def catalogue():
    return gather()


def test_without_data_the_shape_and_the_classes_are_needed(catalogue):
    found = compose_run(catalogue, WITHOUT, DeviceSettings())
    assert (found.task.input_shape, found.task.num_classes, found.task.probe) == ((6, 128), 3, None)
    assert set(found.task.baselines) == set(catalogue.pools["time-series"])
    for lacks in ({"input_size": None}, {"classes": None}):
        with pytest.raises(ConfigurationError, match="give data, or an input shape"):
            compose_run(catalogue, replace(WITHOUT, input=replace(WITHOUT.input, **lacks)), DeviceSettings())
    with pytest.raises(ConfigurationError, match="the probe is to be real data"):
        compose_run(catalogue, replace(WITHOUT, input=replace(WITHOUT.input, probe="dataset")), DeviceSettings())


def test_data_that_are_loaded_say_it_all(catalogue):
    digits = Digits().load(input_shape=(1, 16, 16))
    settings = replace(SETTINGS, input=replace(SETTINGS.input, dataset="digits", probe="dataset"))
    found = compose_run(catalogue, settings, DeviceSettings(), digits)
    assert (found.task.input_shape, found.task.num_classes) == ((1, 16, 16), 10)
    assert found.task.probe is not None and len(found.task.probe.batches[0].inputs) == settings.search.probe_batch


def test_a_run_is_compared_with_the_other_preset_only_where_it_follows_one(catalogue):
    digits = Digits().load()
    settings = replace(SETTINGS, input=replace(SETTINGS.input, dataset="digits"))
    other = compose_other_preset(catalogue, settings, DeviceSettings(), digits)
    assert other is not None and other.name in PRESETS and other.name != settings.search.preset
    assert {one.name for one in other.task.goals.objectives} == set(PRESETS[other.name].objectives)
    for own in (
        replace(settings, search=replace(settings.search, objectives="flops,snip")),
        replace(settings, selection=replace(settings.selection, solver="greedy")),
    ):
        assert compose_other_preset(catalogue, own, DeviceSettings(), digits) is None
