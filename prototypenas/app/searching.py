"""Search from Python: with data into a run directory, or in memory."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from prototypenas.app.catalogue import gather
from prototypenas.app.exploring import compose_run, explore_run, machine_of
from prototypenas.app.given_data import GivenData, named_data
from prototypenas.app.given_parts import with_parts
from prototypenas.app.run import Run
from prototypenas.app.run_settings import RunSettings
from prototypenas.app.settings import DEFAULT_TARGET, DeviceSettings, SearchSettings, TargetSettings
from prototypenas.choices import choose
from prototypenas.exploration.defaults import DEFAULT_TRIALS
from prototypenas.exploration.exploration import Exploration
from prototypenas.exploration.exploration import explore as explore_space
from prototypenas.progress import Progress, Silent
from prototypenas.protocols import Baseline, Proxy
from prototypenas.runs.run_directory import RunDirectory, check_place
from prototypenas.types import Target

LIMITED = ("ram", "rom", "flops")
"""What can be limited."""


def search(
    data: GivenData,
    *,
    target: str | Target = DEFAULT_TARGET,
    trials: int = DEFAULT_TRIALS,
    proxies: Sequence[str | Proxy] | Mapping[str, Proxy] | None = None,
    architectures: Sequence[str | Baseline] | Mapping[str, Baseline] | None = None,
    limits: Mapping[str, str | int] | None = None,
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
        target: name of a microcontroller, or a `Target`.
        trials: candidates to explore.
        proxies: objectives beside FLOPs: names, functions, or a mapping of names to functions.
        architectures: what is searched instead of the task's whole pool, in the same forms.
        limits: `ram`, `rom` and `flops` instead of the target's own, as `{"ram": "256KiB"}`.
        out: run directory; `runs/<data>-<target>` if not given.
        jobs: processes; 1 is this one, where a hanging proxy is not ended; more need objects that others can import.
        settings: everything else that can be set.

    Raises:
        ConfigurationError: for an unknown name or a value that is not allowed.
        DatasetError: if the data cannot be read.
        NothingFits: if no candidate meets the limits.
    """
    base = settings or RunSettings()
    known = gather(base.parts.plugin, base.parts.target_files)
    catalogue, proxy_names, names, goal = with_parts(known, proxies=proxies, architectures=architectures, target=target)
    folder = Path(out) if out is not None else Path("runs") / f"{_label(data)}-{goal}"
    check_place(folder)
    dataset, place = named_data(data, catalogue, base.data, folder)
    wanted = replace(
        base,
        input=replace(base.input, dataset=dataset, seed=seed),
        data=place,
        target=limited(replace(base.target, target=goal), limits or {}),
        search=_searched(base.search, trials, proxy_names, names),
    )
    at = DeviceSettings(jobs=jobs, device=device)
    run = Run(RunDirectory.create(folder), catalogue, wanted, device=at, progress=progress)
    explore_run(run.directory, catalogue, wanted, at, progress or Silent())
    return run


def explore(
    architectures: Sequence[str | Baseline] | Mapping[str, Baseline],
    *,
    input: Sequence[int],
    classes: int,
    target: str | Target = DEFAULT_TARGET,
    proxies: Sequence[str | Proxy] | Mapping[str, Proxy] | None = None,
    limits: Mapping[str, str | int] | None = None,
    trials: int = DEFAULT_TRIALS,
    seed: int = 0,
    jobs: int = 1,
    device: str = "cpu",
    settings: RunSettings | None = None,
    progress: Progress | None = None,
) -> Exploration:
    """Explore without data and without files, and return all candidates.

    Args are those of `search`; `input` is one sample without its batch, `(C, H, W)` or `(C, T)`.

    Raises:
        ConfigurationError: for an unknown name or a value that is not allowed.
        NothingFits: if no candidate meets the limits.
    """
    base = settings or RunSettings()
    known = gather(base.parts.plugin, base.parts.target_files)
    catalogue, proxy_names, names, goal = with_parts(known, proxies=proxies, architectures=architectures, target=target)
    shape = tuple(input)
    size = "x".join(str(number) for number in shape)
    wanted = replace(
        base,
        input=replace(base.input, task=base.input.task or _task(shape), input_size=size, classes=classes, seed=seed),
        target=limited(replace(base.target, target=goal), limits or {}),
        search=_searched(base.search, trials, proxy_names, names),
    )
    at = DeviceSettings(jobs=jobs, device=device)
    composed = compose_run(catalogue, wanted, at)
    return explore_space(
        composed.task,
        space=composed.space,
        trials=composed.trials,
        sampler=composed.sampler,
        seed=composed.seed,
        executor=machine_of(at, wanted).executor,
        progress=progress,
    )


def limited(target: TargetSettings, limits: Mapping[str, str | int]) -> TargetSettings:
    """Return the settings with these limits, as if they had been typed.

    Raises:
        ConfigurationError: for a name that is no limit.
    """
    for name in limits:
        choose("limit", name, dict.fromkeys(LIMITED))
    return replace(target, **{name: str(value) for name, value in limits.items()})


def _searched(search: SearchSettings, trials: int, proxies: str, architectures: str) -> SearchSettings:
    named = replace(search, trials=trials)
    named = replace(named, proxies=proxies) if proxies else named
    return replace(named, architectures=architectures) if architectures else named


def _task(shape: Sequence[int]) -> str:
    return "image" if len(shape) == 3 else "time-series"


def _label(data: GivenData) -> str:
    return Path(data).stem if isinstance(data, str | Path) else "data"
