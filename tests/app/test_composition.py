"""What named parts compose to, and what is refused before any work."""

from dataclasses import replace

import pytest

from prototypenas.app.catalogue import gather
from prototypenas.app.composition import (
    check_names,
    compose_choice,
    compose_refinement,
    compose_search,
    compose_target,
    objectives_named,
    retargeted,
    task_of,
)
from prototypenas.app.presets import PRESETS
from prototypenas.app.settings import RefinementSettings, SearchSettings, SelectionSettings, TargetSettings
from prototypenas.errors import ConfigurationError
from prototypenas.refinement.step import Refine
from prototypenas.types import Execution

SEARCH = SearchSettings()


@pytest.fixture(scope="module")
def catalogue():
    return gather()


def search(catalogue, settings=SEARCH, task="image", shape=(3, 32, 32), classes=10):
    target = compose_target(catalogue, TargetSettings())
    return compose_search(catalogue, settings, task, shape, classes, target=target, seed=3, device="cpu")


def test_limits_replace_those_of_the_target_and_leave_the_others(catalogue):
    own = compose_target(catalogue, TargetSettings(target="stm32f746")).budget
    asked = TargetSettings(target="stm32f746", limit=["ram=100KiB", "latency=50ms"])
    limited = compose_target(catalogue, asked).budget
    assert (limited.ram_bytes, limited.rom_bytes) == (102_400, own.rom_bytes) and own.ram_bytes != 102_400
    assert [(one.objective.name, one.value) for one in limited.more] == [("latency", 50.0)]
    with pytest.raises(ConfigurationError, match="rp2040 has no latency model"):
        compose_target(catalogue, replace(asked, target="rp2040"))


def test_costs_and_proxies_are_told_apart_and_a_plugin_cost_is_computed_only_if_asked(catalogue):
    found = search(catalogue, replace(SEARCH, objectives="latency,snip,flops"))
    assert found.task.costs == ("latency", "flops") and list(found.task.proxies) == ["snip"]
    assert [one.name for one in found.task.goals.objectives] == ["latency", "flops", "snip"]
    assert not found.task.own_costs and not found.task.detects


def test_the_preset_gives_the_objectives_unless_some_are_named(catalogue):
    for name, preset in PRESETS.items():
        assert objectives_named(catalogue, replace(SEARCH, preset=name)) == tuple(preset.objectives)
        assert objectives_named(catalogue, replace(SEARCH, preset=name, objectives="macs")) == ("macs",)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"classes": 1}, "1 class asked for"),
        ({"task": "imagee"}, "unknown task 'imagee'"),
        (
            {"settings": replace(SEARCH, architectures="inceptiontime")},
            "is an architecture for time-series",
        ),
        ({"settings": replace(SEARCH, objectives="flops,flops")}, "flops given more than once"),
    ],
)
def test_what_does_not_go_together_is_refused(wrong, said, catalogue):
    with pytest.raises(ConfigurationError, match=said):
        search(catalogue, **wrong)


def test_a_detector_may_look_for_one_kind_of_object(catalogue):
    assert search(catalogue, task="detection", classes=1).task.detects


@pytest.mark.parametrize(
    "wrong", [{"preset": "papper"}, {"sampler": "nsga4"}, {"objectives": "mecco"}, {"architectures": "mbednett"}]
)
def test_unknown_names_are_refused_before_the_data_are_read(wrong, catalogue):
    target = compose_target(catalogue, TargetSettings())
    check_names(catalogue, SEARCH, "gaussian", target)
    with pytest.raises(ConfigurationError):
        check_names(catalogue, replace(SEARCH, **wrong), "gaussian", target)
    with pytest.raises(ConfigurationError, match="unknown probe 'datasett'"):
        check_names(catalogue, SEARCH, "datasett", target)


def test_a_selection_follows_its_preset_as_far_as_nothing_else_is_asked():
    asked = SelectionSettings(keep="3-5")
    followed = PRESETS["paper"]
    choice = compose_choice(asked, "paper", 7)
    assert (choice.keep, choice.seed) == ((3, 5), 7)
    assert (choice.space, choice.leader, choice.solver) == (followed.space, followed.leader, followed.solver)
    assert compose_choice(replace(asked, solver="greedy"), "paper", 7).solver == "greedy"
    for wrong in ({"solver": "exactt"}, {"select_in": "nowhere"}, {"keep": "5-3"}):
        with pytest.raises(ConfigurationError):
            compose_choice(replace(asked, **wrong), "paper", 7)


def test_refinement_is_left_to_the_preset_or_given_as_a_time():
    for name, preset in PRESETS.items():
        assert (compose_refinement(RefinementSettings(refine="auto"), name) is not None) == preset.refines
        assert compose_refinement(RefinementSettings(refine="no"), name) is None
        assert compose_refinement(RefinementSettings(refine="90s"), name) == Refine(90.0)


def test_a_run_keeps_its_target_and_way_unless_another_is_named(catalogue):
    recorded = replace(catalogue.targets["rp2040"], execution=Execution.ROWS)
    assert retargeted(catalogue, recorded, None, None) == recorded
    assert retargeted(catalogue, recorded, None, "layers").execution is Execution.LAYERS
    other = retargeted(catalogue, recorded, "stm32f746", None)
    assert (other.name, other.execution) == ("stm32f746", Execution.ROWS)


class Seen:
    def __init__(self, metric, shape):
        self.metric, self.input_shape = metric, shape


def test_the_pool_follows_from_what_is_learnt():
    assert task_of(Seen("map50", (3, 96, 96))) == "detection"
    assert task_of(Seen("accuracy", (3, 96, 96))) == "image" and task_of(Seen("accuracy", (6, 128))) == "time-series"
