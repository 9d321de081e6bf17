"""From a run's settings to its exploration."""

from dataclasses import replace

from evaluators import Data
from prototypenas import pipeline
from prototypenas.app.arguments import parse_input_shape
from prototypenas.app.catalogue import Catalogue
from prototypenas.app.composition import (
    check_names,
    compose_choice,
    compose_machine,
    compose_probe,
    compose_search,
    compose_target,
    task_of,
)
from prototypenas.app.presets import PRESETS
from prototypenas.app.run_settings import RunSettings
from prototypenas.app.settings import DeviceSettings
from prototypenas.app.training_composition import load_data
from prototypenas.errors import ConfigurationError
from prototypenas.exploration.exploration import Exploration
from prototypenas.exploration.statistics import Statistics
from prototypenas.progress import Progress
from prototypenas.runs.atomic_files import read_json
from prototypenas.runs.records import record_of
from prototypenas.runs.run_directory import RunDirectory
from prototypenas.steps import Machine, OtherPreset, Search
from prototypenas.workers.in_process import InProcess


def machine_of(device: DeviceSettings, settings: RunSettings) -> Machine:
    """Return where work is done that Python started: this process unless several jobs or a cluster are asked for."""
    timeout, threads = settings.search.proxy_timeout, settings.training.threads
    composed = compose_machine(device, proxy_timeout=timeout, threads=threads)
    if device.scheduler is None and device.jobs == 1:
        return replace(composed, executor=InProcess(), trainings=InProcess())
    return composed


def explore_run(
    directory: RunDirectory, catalogue: Catalogue, settings: RunSettings, device: DeviceSettings, progress: Progress
) -> Exploration:
    """Explore what the settings say into a run directory, and record them there.

    Raises:
        RunDirectoryError: if the directory holds a run of other settings, or another process holds it.
        NothingFits: if no candidate meets the limits.
    """
    search = compose_run(catalogue, settings, device)
    with directory.locked():
        candidates = pipeline.explore(directory, search, machine_of(device, settings), progress)
    statistics = record_of(Statistics, read_json(directory.exploration_json), str(directory.exploration_json))
    return Exploration(candidates, search.task.goals.objectives, statistics)


def compose_run(
    catalogue: Catalogue, settings: RunSettings, device: DeviceSettings, loaded: Data | None = None
) -> Search:
    """Return what a run's settings explore; data that are not loaded yet are loaded for their shape and classes.

    Raises:
        ConfigurationError: if neither data nor an input shape and a number of classes are given.
    """
    given = settings.input
    goal = compose_target(catalogue, settings.target)
    check_names(catalogue, settings.search, given.probe, goal)
    if loaded is None and (given.dataset is not None or settings.data.own_data is not None):
        loaded = load_data(catalogue, given.dataset, settings.data, input_size=given.input_size)
    task, probe = given.task or "image", None
    if loaded is not None:
        from evaluators.tasks import evaluator_for  # noqa: PLC0415  (Lightning comes with it)

        evaluator = evaluator_for(loaded)
        task, shape, classes = task_of(evaluator), evaluator.input_shape, evaluator.num_classes
        probe = compose_probe(given.probe, evaluator, settings.search.probe_batch, given.seed)
    elif given.probe != "gaussian":
        raise ConfigurationError("the probe is to be real data, and none are given")
    elif given.input_size is not None and given.classes is not None:
        shape, classes = parse_input_shape(given.input_size), given.classes
    else:
        raise ConfigurationError("give data, or an input shape and a number of classes")
    composed = compose_search(
        catalogue,
        settings.search,
        task,
        shape,
        classes,
        target=goal,
        probe=probe,
        seed=given.seed,
        device=device.device,
    )
    return replace(composed, settings=settings.flat())


def compose_other_preset(
    catalogue: Catalogue, settings: RunSettings, device: DeviceSettings, loaded: Data
) -> OtherPreset | None:
    """Return the preset that a run does not follow, for its report to compare with; `None` where it follows none."""
    asked = settings.selection
    if settings.search.objectives or asked.select_in or asked.solver:
        return None
    name = next(name for name in PRESETS if name != settings.search.preset)
    otherwise = replace(settings, search=replace(settings.search, preset=name))
    task = compose_run(catalogue, otherwise, device, loaded).task
    return OtherPreset(name, task, compose_choice(asked, name, settings.input.seed))
