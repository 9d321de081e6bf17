"""How widths round, and what a prototype is made of."""

import pytest
from torch import nn

from prototypenas.errors import InvalidConfiguration
from prototypenas.prototype import Prototype, kept_channels, scaled_channels
from prototypenas.types import Configuration, GroupConfiguration


@pytest.mark.parametrize(
    ("base", "width", "channels"), [(16, 1.0, 16), (16, 0.25, 4), (10, 0.25, 3), (10, 0.05, 1), (3, 0.5, 2)]
)
def test_channels_are_rounded_to_the_nearest_and_half_up(base, width, channels):
    assert scaled_channels(base, width) == channels


def test_no_channel_left_is_no_network():
    with pytest.raises(InvalidConfiguration, match=r"width 0\.04 leaves no channel of 10"):
        scaled_channels(10, 0.04)


@pytest.mark.parametrize(
    ("channels", "sparsity", "kept"), [(10, 0.9, 1), (10, 0.0, 10), (10, 0.55, 4), (3, 0.99, 1), (100, 0.07, 93)]
)
def test_pruned_channels_are_rounded_down_exactly_and_one_always_stays(channels, sparsity, kept):
    assert kept_channels(channels, sparsity) == kept


def test_a_prototype_has_exactly_four_groups():
    configuration = Configuration("toy", 1.0, (GroupConfiguration(),) * 4)
    with pytest.raises(InvalidConfiguration, match="3 groups built; a prototype has exactly 4"):
        Prototype(
            nn.Identity(),
            [[nn.Identity()]] * 3,
            nn.Identity(),
            configuration=configuration,
            input_shape=(1, 4, 4),
            num_classes=2,
            dimensions=(),
        )
