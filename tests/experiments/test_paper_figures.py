import numpy as np
import pytest
from matplotlib.figure import Figure

from experiments.paper_figures import agreement, agreement_figure, nearest_to_their_own, references, with_references
from prototypenas.app.catalogue import gather
from prototypenas.app.exploring import explore_run
from prototypenas.app.run_settings import InputSettings, RunSettings
from prototypenas.app.settings import DeviceSettings, SearchSettings
from prototypenas.errors import RunDirectoryError
from prototypenas.progress import Silent
from prototypenas.runs.run_directory import RunDirectory
from prototypenas.types import Candidate, Configuration, Cost, Footprint, GroupConfiguration, Scored
from search_spaces import REFERENCES


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


def of_family(number: int, family: str, score: float) -> Scored:
    configuration = Configuration(family, 1.0, (GroupConfiguration(),) * 4)
    footprint = Footprint(1, 1, 1, 1, 1, 1, 1, 1)
    return Candidate(number, configuration).built(Cost(10**6, 1, footprint), str(number)).scored({"snip": score})


def test_candidates_are_counted_by_the_baseline_they_lie_nearest_to():
    unmodified = [of_family(0, "mbednet", 0.0), of_family(1, "resnet18", 10.0)]
    found = [of_family(2, "mbednet", 1.0), of_family(3, "mbednet", 9.0), of_family(4, "resnet18", 8.0)]
    assert nearest_to_their_own([*found, of_family(5, "unknown", 1.0)], unmodified) == (2, 3)
    assert nearest_to_their_own(found, unmodified[:1]) == (0, 0)


def test_unmodified_baselines_are_scored_like_the_run_and_marked(tmp_path):
    settings = RunSettings(
        InputSettings(input_size="3x32x32", classes=10),
        search=SearchSettings(architectures="mbednet,squeezenet", trials=4),
    )
    run = RunDirectory.create(tmp_path)
    candidates = explore_run(run, gather(), settings, DeviceSettings(jobs=1), Silent()).candidates
    unmodified = references(run)
    assert [one.configuration for one in unmodified] == [REFERENCES["mbednet"], REFERENCES["squeezenet"]]
    scored = [one for one in candidates if isinstance(one, Scored)]
    assert unmodified[0].scores.keys() == scored[0].scores.keys()
    objectives = run.exploration().objectives
    figure = with_references(Figure(), objectives, unmodified)
    assert not figure.axes
    axes = Figure().subplots()
    with_references(axes.figure, objectives, unmodified)
    assert [text.get_text() for text in axes.texts] == ["mbednet", "squeezenet"]
