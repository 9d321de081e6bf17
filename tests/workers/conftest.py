import pytest

from prototypenas.exploration.space import SearchSpace


@pytest.fixture(scope="session")
def space() -> SearchSpace:
    """Two architectures with kernels of their own, as in the time-series pool."""
    return SearchSpace(("squat", "tall"), {"squat": (3, 5, 7), "tall": (9, 19, 39)})
