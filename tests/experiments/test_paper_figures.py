import numpy as np
import pytest

from experiments.paper_figures import agreement, agreement_figure
from prototypenas.errors import RunDirectoryError
from prototypenas.types import Configuration, Cost, Footprint, GroupConfiguration, Scored


def candidates(count: int) -> list[Scored]:
    footprint = Footprint(1, 1, 1, 1, 1, 1, 1, 1)
    configuration = Configuration("mbednet", 1.0, (GroupConfiguration(),) * 4)
    return [
        Scored(n, configuration, Cost(n + 1, 1, footprint), str(n), {"meco": n**3, "snip": -float(n)})
        for n in range(count)
    ]


def test_agreement_is_that_of_the_order():
    names, taus = agreement(candidates(9))
    assert names == ("meco", "snip", "flops")
    assert np.allclose(taus, [[1, -1, 1], [-1, 1, -1], [1, -1, 1]])


def test_the_heat_map_prints_every_pair():
    axes = agreement_figure(candidates(9)).axes[0]
    assert sorted(text.get_text() for text in axes.texts) == sorted(["1.00"] * 5 + ["-1.00"] * 4)


def test_too_few_candidates_are_refused():
    with pytest.raises(RunDirectoryError, match="2 feasible"):
        agreement(candidates(2))
