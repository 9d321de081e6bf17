import pytest

from prototypenas.choices import choose, choose_all
from prototypenas.errors import ConfigurationError

TARGETS = {"stm32f746": 1, "stm32h743": 2, "rp2040": 3}


def test_a_known_name_gives_its_value():
    assert choose("target", "rp2040", TARGETS) == 3


def test_a_near_name_is_suggested():
    with pytest.raises(ConfigurationError, match="unknown target 'stm32f476'; did you mean stm32f746"):
        choose("target", "stm32f476", TARGETS)


def test_without_a_near_name_all_are_listed():
    with pytest.raises(ConfigurationError, match="known: rp2040, stm32f746, stm32h743"):
        choose("target", "esp", TARGETS)


def test_all_keeps_the_order_asked_for():
    assert list(choose_all("target", ("stm32h743", "rp2040"), TARGETS)) == ["stm32h743", "rp2040"]


@pytest.mark.parametrize(("names", "message"), [((), "no target given"), (("rp2040", "rp2040"), "more than once")])
def test_none_and_repeated_names_are_refused(names, message):
    with pytest.raises(ConfigurationError, match=message):
        choose_all("target", names, TARGETS)
