"""Options of training that do not go together are refused before any data are read."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from prototypenas.app.catalogue import gather
from prototypenas.app.settings import DataSettings, TrainingSettings
from prototypenas.app.training_composition import check_training, compose_reading, load_data, recipe_options
from prototypenas.errors import ConfigurationError

TRAINING, DATA = TrainingSettings(), DataSettings()


def test_pre_training_epochs_need_pictures_and_a_quantization_is_known():
    check_training(TRAINING)
    with pytest.raises(ConfigurationError, match="--pretrain-epochs needs --pretrain"):
        check_training(replace(TRAINING, pretrain_epochs=3))
    check_training(replace(TRAINING, pretrain=Path("pictures"), pretrain_epochs=3))
    with pytest.raises(ConfigurationError, match="unknown quantization 'qatt'"):
        check_training(replace(TRAINING, quantize="qatt"))


def test_minutes_limit_a_processor_and_not_a_gpu_unless_they_are_asked_for():
    assert recipe_options(TRAINING, "cpu").minutes == TRAINING.train_minutes
    assert recipe_options(replace(TRAINING, train_minutes=None), "cuda").minutes == math.inf
    assert recipe_options(replace(TRAINING, train_minutes=4.0), "cuda").minutes == 4.0


def test_how_files_are_read_is_said_only_of_ones_own():
    assert compose_reading(DATA).arguments() == {}
    with pytest.raises(ConfigurationError, match="--label-column says how files of your own are read"):
        compose_reading(replace(DATA, label_column="y"))
    own = replace(DATA, own_data=Path("t.csv"), label_column="y", value_range="0:255", ignore_columns="a,b")
    read = compose_reading(own)
    assert (read.label_column, read.value_range, read.ignored_columns) == ("y", (0.0, 255.0), ("a", "b"))


def test_data_are_named_or_ones_own_and_not_both():
    catalogue = gather()
    for name, data in ((None, DATA), ("digits", replace(DATA, own_data=Path("t.csv")))):
        with pytest.raises(ConfigurationError, match="either the name of a data set or --data"):
            load_data(catalogue, name, data, input_size=None)
    assert load_data(catalogue, "digits", DATA, input_size="1x16x16").input_shape == (1, 16, 16)
