"""Search from Python: with data into a run directory, or without data, in memory."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from prototypenas.app.catalogue import Catalogue, gather
from prototypenas.app.exploring import compose_run, explore_run, machine_of
from prototypenas.app.given_data import GivenData, named_data
from prototypenas.app.given_parts import GivenArchitectures, GivenObjectives, NamedParts, with_parts, with_sampler
from prototypenas.app.given_space import Space
from prototypenas.app.run import Run
from prototypenas.app.run_settings import RunSettings
from prototypenas.app.settings import DEFAULT_TARGET, DeviceSettings, PartSettings, SearchSettings, TargetSettings
from prototypenas.exploration.defaults import DEFAULT_SAMPLER, DEFAULT_TRIALS
from prototypenas.exploration.exploration import Exploration
from prototypenas.exploration.exploration import explore as explore_space
from prototypenas.exploration.samplers import SamplerMaker
from prototypenas.progress import Progress, Silent
from prototypenas.runs.run_directory import RunDirectory, check_place
from prototypenas.types import Target

Limits = Mapping[str, str | float]
"""Costs and amounts, as `{"ram": "256KiB", "latency": "50ms"}`; plain numbers are bytes, operations, ms and mJ."""


def search(
    data: GivenData,
    *,
    target: str | Target = DEFAULT_TARGET,
    trials: int = DEFAULT_TRIALS,
    objectives: GivenObjectives = None,
    architectures: GivenArchitectures = None,
    limits: Limits | None = None,
    sampler: str | SamplerMaker = DEFAULT_SAMPLER,
    out: Path | str | None = None,
    seed: int = 0,
    jobs: int = 1,
    device: str = "cpu",
    settings: RunSettings | None = None,
    progress: Progress | None = None,
) -> Run:
    """Explore networks for a data set and return the run; the same call continues or reads back what is there.

    Args:
        data: name of a data set, path of your own, `(samples, labels)`, or a torch Dataset.
        objectives: what is traded off: names of costs and proxies, functions, or mappings of names to functions.
        architectures: what is searched instead of the task's whole pool.
        limits: limits on costs instead of the target's own.
        out: run directory; `runs/<data>-<target>` if not given.
        jobs: processes; 1 is this one, where a hanging proxy is not ended; more need objects that others can import.
        settings: everything else that can be set.

    Raises:
        ConfigurationError: for an unknown name or a value that is not allowed.
        DatasetError: if the data cannot be read.
        NothingFits: if no candidate meets the limits.
    """
    base = settings or RunSettings()
    known, sampled_by = _known(base.parts, sampler)
    named = with_parts(known, objectives=objectives, architectures=architectures, target=target)
    folder = Path(out) if out is not None else Path("runs") / f"{_label(data)}-{named.target}"
    check_place(folder)
    dataset, place = named_data(data, named.catalogue, base.data, folder)
    wanted = replace(
        base,
        input=replace(base.input, dataset=dataset, seed=seed),
        data=place,
        target=limited(replace(base.target, target=named.target), limits or {}),
        search=_searched(base.search, named, trials, sampled_by),
    )
    at = DeviceSettings(jobs=jobs, device=device)
    run = Run(RunDirectory.create(folder), named.catalogue, wanted, device=at, progress=progress)
    explore_run(run.directory, run.catalogue, wanted, at, progress or Silent())
    return run


def explore(
    space: Space,
    *,
    objectives: GivenObjectives = None,
    limits: Limits | None = None,
    directory: Path | str | None = None,
    target: str | Target = DEFAULT_TARGET,
    trials: int = DEFAULT_TRIALS,
    sampler: str | SamplerMaker = DEFAULT_SAMPLER,
    seed: int = 0,
    jobs: int = 1,
    device: str = "cpu",
    settings: RunSettings | None = None,
    progress: Progress | None = None,
) -> Exploration:
    """Explore without data and return all candidates; without a `directory` nothing is written.

    Args are those of `search`. A `directory` becomes a run directory, which the same call continues.

    Raises:
        ConfigurationError: for an unknown name or a value that is not allowed.
        NothingFits: if no candidate meets the limits.
        RunDirectoryError: if the directory holds a run of other arguments.
    """
    base = settings or RunSettings()
    known, sampled_by = _known(base.parts, sampler)
    named = with_parts(known, objectives=objectives, architectures=space.architectures, target=target)
    wanted = replace(
        base,
        input=replace(
            base.input, task=space.searched_for, input_size=space.input_size, classes=space.classes, seed=seed
        ),
        target=limited(replace(base.target, target=named.target), limits or {}),
        search=space.narrowed(_searched(base.search, named, trials, sampled_by)),
    )
    at = DeviceSettings(jobs=jobs, device=device)
    if directory is not None:
        return explore_run(RunDirectory.create(Path(directory)), named.catalogue, wanted, at, progress or Silent())
    composed = compose_run(named.catalogue, wanted, at)
    return explore_space(
        composed.task,
        space=composed.space,
        trials=composed.trials,
        sampler=composed.sampler,
        samplers=composed.samplers,
        seed=composed.seed,
        executor=machine_of(at, wanted).executor,
        progress=progress,
    )


def limited(target: TargetSettings, limits: Limits) -> TargetSettings:
    """Return the settings with these limits, as if they had been typed."""
    return replace(target, limit=[*target.limit, *(f"{name}={value}" for name, value in limits.items())])


def _known(parts: PartSettings, sampler: str | SamplerMaker) -> tuple[Catalogue, str]:
    return with_sampler(gather(parts.plugin, parts.target_files, parts.latency_tables), sampler)


def _searched(search: SearchSettings, named: NamedParts, trials: int, sampler: str) -> SearchSettings:
    return replace(
        search,
        trials=trials,
        sampler=sampler,
        objectives=named.objectives or search.objectives,
        architectures=named.architectures or search.architectures,
    )


def _label(data: GivenData) -> str:
    return Path(data).stem if isinstance(data, str | Path) else "data"
