import random

import pytest

from prototypenas.app.narrowing import narrowed_space
from prototypenas.app.settings import SearchSettings
from prototypenas.errors import ConfigurationError
from prototypenas.exploration.exploration import explore
from prototypenas.exploration.space import Categorical, SearchSpace
from prototypenas.testing.stub_task import StubTask
from prototypenas.workers.in_process import InProcess

KERNELS = {"a": (3, 5, 7), "b": (3, 5, 7), "c": (9, 19, 39)}


def drawn(space):
    values = {
        each.name: random.choice(each.choices) if isinstance(each, Categorical) else random.uniform(each.low, each.high)
        for each in space.parameters()
    }
    return values, space.configuration(values)


def test_without_any_word_it_is_the_papers_space():
    space = narrowed_space(("a", "b"), KERNELS, SearchSettings())
    paper = SearchSpace(("a", "b"), {"a": (3, 5, 7), "b": (3, 5, 7)})
    assert space == paper and space.parameters() == paper.parameters() and len(space.parameters()) == 14


def test_only_what_is_asked_for_is_drawn():
    settings = SearchSettings(
        depths="1-2,4",
        widths="0.25-1.0",
        kernels="3,5",
        strides="2",
        sparsities="0.5",
        fix="group1_depth=3,group4_kernel=5",
    )
    space = narrowed_space(("a", "b"), KERNELS, settings)
    for _ in range(200):
        values, one = drawn(space)
        assert space.values(one) == values
        assert 0.25 <= one.width <= 1.0 and one.groups[0].depth == 3 and one.groups[3].kernel == 5
        assert all(group.depth in (1, 2, 4) for group in one.groups[1:])
        assert all((group.stride, group.sparsity) == (2, 0.5) and group.kernel in (3, 5) for group in one.groups)


def test_a_fixed_width_and_architectures_of_other_kernels():
    space = narrowed_space(("a", "c"), KERNELS, SearchSettings(widths="0.5", fix="group2_stride=1"))
    for _ in range(100):
        values, one = drawn(space)
        assert space.values(one) == values and one.width == 0.5 and one.groups[1].stride == 1
    with pytest.raises(ConfigurationError, match=r"width of .* is not the fixed 0.5"):
        space.values(drawn(narrowed_space(("a", "c"), KERNELS, SearchSettings(widths="0.7", fix="group2_stride=1")))[1])


@pytest.mark.parametrize("sampler", ["nsga2", "tpe", "pymoo-ga"])
def test_samplers_search_a_narrowed_space(sampler):
    settings = SearchSettings(widths="0.5", sparsities="0", fix="group1_stride=2")
    narrow = narrowed_space(("squat", "tall"), {"squat": (3, 5, 7), "tall": (9, 19, 39)}, settings)
    found = explore(StubTask(), space=narrow, trials=20, sampler=sampler, executor=InProcess())
    assert all(one.configuration.width == 0.5 and one.configuration.groups[0].stride == 2 for one in found.candidates)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (SearchSettings(depths="0-3"), "depths is '0-3'; give whole numbers from 1"),
        (SearchSettings(depths="3-1"), "depths is '3-1'"),
        (SearchSettings(widths="1.0-0.5"), "widths is '1.0-0.5'; give a rising range"),
        (SearchSettings(widths="wide"), "widths is 'wide'; give a range"),
        (SearchSettings(sparsities="0-1"), "sparsities is '0-1'"),
        (SearchSettings(kernels="4"), "a offers kernels 3, 5, 7, none of those asked for"),
        (SearchSettings(strides="3"), "strides is '3'"),
        (SearchSettings(fix="group1_stride"), "fix is 'group1_stride'; give names and numbers"),
        (SearchSettings(fix="group1_strid=2"), "unknown value to fix 'group1_strid'; did you mean group1_stride"),
        (SearchSettings(fix="group1_stride=3"), "group1_stride is '3'; give a whole number from 1 to 2"),
        (SearchSettings(fix="group1_kernel=9"), "group1_kernel is fixed to 9; it is one of"),
        (
            SearchSettings(fix="group1_depth=99999999999999999"),
            "group1_depth is '9+'; give a whole number from 1 to 20",
        ),
        (SearchSettings(fix="group1_depth=2.5"), "group1_depth is '2.5'; give a whole number"),
        (SearchSettings(fix="group1_sparsity=nan"), "group1_sparsity is 'nan'; give a number from 0 to 0.99"),
        (SearchSettings(fix="width=1e999"), "width is '1e999'; give a number from 0.01 to 8"),
        (SearchSettings(fix="width=" + 400 * "9"), r"^width is '9{60}\.\.\.'; give a number"),
        (SearchSettings(depths=5000 * "9"), r"^depths is '9{60}\.\.\.'; give whole"),
        (SearchSettings(kernels="\u00b2"), "kernels is"),
        (SearchSettings(fix="group5_depth=3"), "unknown value to fix 'group5_depth'"),
    ],
)
def test_what_is_not_allowed_is_named(settings, said):
    with pytest.raises(ConfigurationError, match=said):
        narrowed_space(("a", "b"), KERNELS, settings)
