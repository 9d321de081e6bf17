import pytest

from prototypenas.errors import ConfigurationError, PrototypeNASError, ProxyError
from prototypenas.foreign_code import foreign_code


@pytest.mark.parametrize("raised", [ValueError("bad\nvalue"), SystemExit(0), RecursionError("too deep"), Warning("w")])
def test_whatever_is_raised_becomes_ours_and_names_the_line(raised):
    said = rf"^mine: {type(raised).__name__}: .*test_foreign_code\.py, line \d+"
    with pytest.raises(ProxyError, match=said), foreign_code(ProxyError, "mine: "):
        raise raised


@pytest.mark.parametrize("raised", [ConfigurationError("ours"), KeyboardInterrupt(), MemoryError()])
def test_what_means_something_already_stays_what_it_is(raised):
    with pytest.raises(type(raised)) as caught, foreign_code(ProxyError):
        raise raised
    assert caught.value is raised
    assert not isinstance(raised, PrototypeNASError) or str(raised) == "ours"
