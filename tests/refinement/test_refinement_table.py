import math

import pytest

from prototypenas.errors import RunDirectoryError
from prototypenas.refinement.halving import Estimate, RungScore
from prototypenas.refinement.refinement_table import (
    ESTIMATES_FILE,
    RUNGS_FILE,
    read_refinement,
    read_rungs,
    write_estimates,
    write_rungs,
)

RUNGS = (
    RungScore(3, 0, 40, 0.7, 0.1 + 0.2, 90),
    RungScore(1, 0, 40, math.inf, 0.0, 1),
    RungScore(3, 1, 120, 0.5, 0.6, 90),
)


def test_rungs_are_read_back_exactly_in_order_and_nothing_begun_is_none(tmp_path):
    assert read_rungs(tmp_path) == () and read_refinement(tmp_path) is None
    write_rungs(RUNGS, tmp_path)
    assert read_rungs(tmp_path) == (RUNGS[1], RUNGS[0], RUNGS[2])
    assert read_refinement(tmp_path) is None, "it is not finished"
    write_estimates([Estimate(3, 2, 0.6, 0.05)], tmp_path)
    found = read_refinement(tmp_path)
    assert found is not None and found.expected() == {3: (0.6, 0.05)} and len(found.rungs) == 3


@pytest.mark.parametrize("name", [RUNGS_FILE, ESTIMATES_FILE])
def test_a_damaged_file_is_named(name, tmp_path):
    write_rungs(RUNGS, tmp_path)
    write_estimates([Estimate(3, 2, 0.6, 0.05)], tmp_path)
    (tmp_path / name).write_text((tmp_path / name).read_text().replace("3", "three", 1))
    with pytest.raises(RunDirectoryError, match=rf"{name} is damaged"):
        read_refinement(tmp_path)
