"""From everything that a user has set to all steps of a run; what can be refused without data is refused first."""

from dataclasses import dataclass
from pathlib import Path

from prototypenas.app.catalogue import gather
from prototypenas.app.composition import (
    check_names,
    compose_choice,
    compose_machine,
    compose_refinement,
    compose_target,
)
from prototypenas.app.exploring import compose_other_preset, compose_run
from prototypenas.app.run_settings import RunSettings
from prototypenas.app.settings import DeviceSettings, StorageSettings
from prototypenas.app.training_composition import check_training, compose_training, load_data
from prototypenas.refinement.step import Refine
from prototypenas.runs.run_directory import check_place
from prototypenas.steps import Choice, Machine, OtherPreset, Search, Training


@dataclass(frozen=True)
class WholeWay:
    """What `pipeline.run` is told."""

    place: Path
    """Where the run directory is, or will be."""
    search: Search
    choice: Choice
    training: Training
    machine: Machine
    refinement: Refine | None
    other: OtherPreset | None


def compose_whole_way(
    settings: RunSettings, device: DeviceSettings, storage: StorageSettings, *, place: Path | None
) -> WholeWay:
    """Return all steps of a run in `place`, or in `runs/DATASET-TARGET` where none is named.

    Raises:
        ConfigurationError: for an unknown name or a value that is not allowed.
        DatasetError: if the data cannot be read.
        RunDirectoryError: if the place cannot be written.
    """
    given, target = settings.input, settings.target
    catalogue = gather(settings.parts.plugin, settings.parts.target_files, settings.parts.latency_tables)
    goal = compose_target(catalogue, target)
    choice = compose_choice(settings.selection, settings.search.preset, given.seed)
    refinement = compose_refinement(settings.refinement, settings.search.preset)
    timeout, threads = settings.search.proxy_timeout, settings.training.threads
    machine = compose_machine(device, storage, proxy_timeout=timeout, threads=threads)
    check_names(catalogue, settings.search, given.probe, goal)
    check_training(settings.training)
    check_place(place or Path("runs") / f"{given.dataset}-{target.target}")
    loaded = load_data(catalogue, given.dataset, settings.data, input_size=given.input_size)
    training = compose_training(
        catalogue,
        loaded,
        given.dataset,
        settings.data,
        settings.training,
        input_size=given.input_size,
        seed=given.seed,
        device=device.device,
    )
    search = compose_run(catalogue, settings, device, loaded)
    named = place or Path("runs") / f"{training.dataset}-{target.target}"
    other = compose_other_preset(catalogue, settings, device, loaded)
    return WholeWay(named, search, choice, training, machine, refinement, other)
