"""Widths are scaled and pruned once; maps are followed until they vanish."""

import pytest
from torch import nn, zeros

from prototypenas.errors import ConfigurationError, InvalidConfiguration
from prototypenas.types import Configuration, GroupConfiguration
from search_spaces.sizing import Sizing


def sizing(input_shape=(3, 9, 12), axes=2, width=1.0):
    groups = tuple(GroupConfiguration(sparsity=sparsity) for sparsity in (0.0, 0.25, 0.5, 0.9))
    return Sizing(Configuration("toy", width, groups), input_shape, axes=axes)


def test_pruned_dimensions_follow_their_group():
    sized = sizing()
    kept = [sized.pruned("stream", f"groups.{group}.0", 10, group=group).kept for group in range(4)]
    assert kept == [10, 7, 5, 1]
    assert [dimension.name for dimension in sized.dimensions] == [f"group{group}.stream" for group in range(4)]


def test_fixed_dimensions_are_never_pruned():
    dimension = sizing().fixed("head", "head.0", 7)
    assert (dimension.group, dimension.channels, dimension.kept) == (None, 7, 7)


def test_a_width_that_leaves_no_channel_names_the_place():
    with pytest.raises(InvalidConfiguration, match=r"group 2: width 0.1 leaves no channel of 4"):
        sizing(width=0.1).scaled("group 2", 4)


@pytest.mark.parametrize("kernel", [1, 3, 5, 7])
@pytest.mark.parametrize("stride", [1, 2])
def test_map_size_is_what_a_padded_convolution_gives(kernel, stride):
    sized = sizing()
    sized.slide("group 0", kernel, stride)
    convolution = nn.Conv2d(3, 1, kernel, stride=stride, padding=kernel // 2)
    assert sized.map_size == tuple(convolution(zeros(1, 3, 9, 12)).shape[2:])


def test_a_map_that_would_vanish_is_refused():
    sized = sizing((3, 4, 4))
    sized.slide("group 0", 3, 2)
    sized.slide("group 1", 3, 2)
    sized.slide("group 2", 3, 1)
    with pytest.raises(InvalidConfiguration, match="group 3: a stride of 2 would leave nothing of a map of 1x1"):
        sized.slide("group 3", 3, 2)


def test_a_kernel_wider_than_its_map_is_refused():
    sized = sizing((3, 2, 2))
    sized.slide("group 0", 5, 1)
    with pytest.raises(InvalidConfiguration, match="group 0: kernel 7 pads 3 on each side of a map of 2x2"):
        sized.slide("group 0", 7, 1)


@pytest.mark.parametrize(("input_shape", "axes"), [((3, 32), 2), ((3, 32, 32), 1), ((0, 32, 32), 2)])
def test_an_input_of_other_axes_is_refused(input_shape, axes):
    with pytest.raises(ConfigurationError, match="takes inputs"):
        sizing(input_shape, axes)
