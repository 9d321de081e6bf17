import pytest

from prototypenas.app.catalogue import gather
from prototypenas.app.composition import check_names, compose_choice, compose_search, compose_target
from prototypenas.app.presets import DEFAULT_PRESET, PRESETS
from prototypenas.app.settings import SearchSettings, SelectionSettings, TargetSettings
from prototypenas.errors import ConfigurationError
from prototypenas.objectives import COSTS
from prototypenas.selection import SPACES
from prototypenas.steps import Choice
from proxies import PROXIES


def search(preset, **settings):
    catalogue = gather([], [])
    target = compose_target(catalogue, TargetSettings("stm32f746"))
    chosen = SearchSettings(preset=preset, **settings)
    check_names(catalogue, chosen, "gaussian", compose_target(catalogue, TargetSettings()))
    return compose_search(catalogue, chosen, "image", (3, 32, 32), 10, target=target, seed=0, device="cpu")


def test_every_preset_names_proxies_and_a_space_that_exist():
    assert set(PRESETS) == {DEFAULT_PRESET, "paper"}
    for preset in PRESETS.values():
        assert set(preset.objectives) <= {*PROXIES, *COSTS} and preset.space in SPACES


def test_the_paper_is_followed_to_the_letter():
    assert tuple(search("paper").task.proxies) == ("meco", "zico", "naswot", "snip")
    choice = compose_choice(SelectionSettings(keep="3"), "paper", 7)
    assert choice == Choice(3, "objectives", 7, leader=False, solver="evolutionary")


def test_what_is_named_comes_before_the_preset():
    found = search(DEFAULT_PRESET, objectives="flops,snip,params")
    assert tuple(found.task.proxies) == ("snip", "params")
    assert tuple(one.name for one in search(DEFAULT_PRESET).task.goals.objectives) == PRESETS[DEFAULT_PRESET].objectives
    assert compose_choice(SelectionSettings(select_in="joint"), DEFAULT_PRESET, 0).space == "joint"


def test_an_unknown_preset_is_refused():
    with pytest.raises(ConfigurationError, match=r"papers.*paper"):
        search("papers")
    with pytest.raises(ConfigurationError, match=r"papers.*paper"):
        compose_choice(SelectionSettings(), "papers", 0)
