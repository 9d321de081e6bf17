"""Where work is done, and how long a refinement may take, as the settings say."""

import pytest

from prototypenas.app.composition import compose_machine, compose_refinement
from prototypenas.app.exploring import machine_of
from prototypenas.app.run_settings import RunSettings
from prototypenas.app.settings import DeviceSettings, RefinementSettings, SearchSettings, TrainingSettings
from prototypenas.errors import ConfigurationError
from prototypenas.refinement.step import Refine
from prototypenas.workers.in_process import InProcess
from prototypenas.workers.local_processes import LocalProcesses


@pytest.fixture
def eight_cores(monkeypatch):
    monkeypatch.setattr("prototypenas.app.composition.available_cores", lambda: 8)


def test_python_gives_proxies_the_time_that_is_set(eight_cores):
    settings = RunSettings(search=SearchSettings(proxy_timeout=7.0), training=TrainingSettings(threads=4))
    machine = machine_of(DeviceSettings(jobs=2), settings)
    assert machine.executor == LocalProcesses(2, 7.0)
    assert machine.trainings == LocalProcesses(2)
    assert machine_of(DeviceSettings(), settings).trainings == LocalProcesses(2)
    assert machine_of(DeviceSettings(jobs=1), settings).executor == InProcess()


@pytest.mark.parametrize(
    ("threads", "jobs", "trainings"),
    [
        (1, None, LocalProcesses(8)),
        (3, None, LocalProcesses(2)),
        (8, None, InProcess()),
        (9, None, InProcess()),
        (4, 5, LocalProcesses(5)),
    ],
)
def test_as_many_trainings_at_once_as_have_cores_for_their_threads(eight_cores, threads, jobs, trainings):
    assert compose_machine(DeviceSettings(jobs=jobs), threads=threads).trainings == trainings


@pytest.mark.parametrize(
    ("asked", "preset", "refine"),
    [
        ("auto", "default", Refine()),
        ("auto", "paper", None),
        ("no", "default", None),
        ("10m", "paper", Refine(600.0)),
        ("90s", "default", Refine(90.0)),
    ],
)
def test_the_paper_knows_no_refinement_unless_time_for_it_is_given(asked, preset, refine):
    assert compose_refinement(RefinementSettings(asked), preset) == refine


def test_another_time_of_refinement_is_refused():
    with pytest.raises(ConfigurationError, match="is no time of refinement"):
        compose_refinement(RefinementSettings("soon"), "default")
