"""Put the parts that a user names together: what is explored, what is trained on, where the work is done.

Everything here turns names and text into objects and refuses what is wrong; no data are loaded and nothing is trained,
so that a user's errors come at once and not after hours. The only state is the arguments: the same settings always
compose to the same objects, which is why a run's record is enough to repeat it.
"""

from collections.abc import Mapping
from dataclasses import replace

from prototypenas.app.arguments import (
    parse_keep,
    parse_minutes,
    parse_names,
)
from prototypenas.app.catalogue import Catalogue
from prototypenas.app.known_targets import EXECUTIONS
from prototypenas.app.limits import limited_budget, parsed_limits
from prototypenas.app.narrowing import narrowed_space
from prototypenas.app.presets import PRESETS
from prototypenas.app.settings import (
    DeviceSettings,
    RefinementSettings,
    SearchSettings,
    SelectionSettings,
    StorageSettings,
    TargetSettings,
)
from prototypenas.choices import choose, choose_all
from prototypenas.costing.latency import check_estimated
from prototypenas.devices import named_device, parsed_device
from prototypenas.errors import ConfigurationError
from prototypenas.exploration.candidate_evaluation import ExplorationTask
from prototypenas.exploration.samplers import name_and_population
from prototypenas.objectives import COSTS
from prototypenas.protocols import Baseline, Evaluator
from prototypenas.refinement.step import Refine
from prototypenas.selection import SOLVERS, SPACES
from prototypenas.steps import Choice, Machine, Search
from prototypenas.types import InputShape, Probe, Target
from prototypenas.workers.dask_workers import DaskWorkers
from prototypenas.workers.in_process import InProcess
from prototypenas.workers.local_processes import LocalProcesses, available_cores

PROBES: Mapping[str, bool] = {"gaussian": False, "dataset": True}
"""Whether the proxies look at real data."""


def compose_target(catalogue: Catalogue, settings: TargetSettings) -> Target:
    """Return the target with the limits asked for in place of its own.

    Raises:
        ConfigurationError: for an unknown target or a limit that is no amount.
    """
    target = choose("target", settings.target, catalogue.targets)
    limits = parsed_limits(settings.limit, catalogue.cost_objectives)
    check_estimated(limits, target)
    return replace(
        target,
        execution=choose("execution", settings.execution, EXECUTIONS),
        budget=limited_budget(target.budget, tuple(limits.values())),
    )


def compose_choice(settings: SelectionSettings, preset: str, seed: int) -> Choice:
    """Return what the selection is asked for.

    Raises:
        ConfigurationError: for a `keep` that is no number or range, or an unknown space or preset.
    """
    keep = parse_keep(settings.keep)
    followed = choose("preset", preset, PRESETS)
    space, solver = settings.select_in or followed.space, settings.solver or followed.solver
    choose("selection space", space, SPACES)
    choose("solver", solver, SOLVERS)
    return Choice(keep, space, seed, followed.leader, solver)


def compose_refinement(settings: RefinementSettings, preset: str) -> Refine | None:
    """Return what is asked of the refinement: `auto`, which leaves it to the preset, `no`, or a time.

    Raises:
        ConfigurationError: for anything else, no time above 0, or an unknown preset.
    """
    if settings.refine in ("auto", "no"):
        refines = choose("preset", preset, PRESETS).refines and settings.refine == "auto"
        return Refine() if refines else None
    return Refine(60 * parse_minutes(settings.refine))


def check_names(catalogue: Catalogue, settings: SearchSettings, probe: str, target: Target) -> None:
    """Refuse unknown names at once: reading the data may take minutes.

    Raises:
        ConfigurationError: for an unknown architecture, objective, sampler or probe.
    """
    if settings.architectures:
        choose_all("architecture", parse_names(settings.architectures), catalogue.baselines)
    choose("preset", settings.preset, PRESETS)
    check_estimated(objectives_named(catalogue, settings), target)
    name_and_population(settings.sampler, catalogue.samplers)
    names = parse_names(settings.architectures) or tuple(catalogue.baselines)[:1]
    narrowed_space(names, catalogue.kernels, settings)
    choose("probe", probe, PROBES)


def compose_search(
    catalogue: Catalogue,
    settings: SearchSettings,
    task: str,
    input_shape: InputShape,
    num_classes: int,
    *,
    target: Target,
    probe: Probe | None = None,
    seed: int,
    device: str,
) -> Search:
    """Return what is explored.

    Raises:
        ConfigurationError: for an unknown task, architecture, proxy, preset or sampler, or an architecture of another
            task.
    """
    if num_classes < 2 and task != "detection":
        raise ConfigurationError(f"{num_classes} class asked for; telling classes apart needs at least 2")
    baselines = _searched_baselines(catalogue, settings, task)
    objectives = objectives_named(catalogue, settings)
    limited = [limit.objective.name for limit in target.budget.more]
    exploration = ExplorationTask(
        baselines,
        {name: catalogue.proxies[name] for name in objectives if not _is_cost(catalogue, name)},
        input_shape,
        num_classes,
        target,
        target.budget,
        seed=seed,
        weight_seeds=settings.weight_seeds,
        batch_size=settings.probe_batch,
        probe=probe,
        device=device,
        plugins=catalogue.plugins,
        detects=task == "detection",
        costs=tuple(name for name in objectives if _is_cost(catalogue, name)),
        own_costs={name: catalogue.costs[name] for name in (*objectives, *limited) if name in catalogue.costs},
    )
    parts = (*exploration.baselines, *exploration.proxies, *exploration.own_costs, target.name)
    return Search(
        exploration,
        narrowed_space(baselines, catalogue.kernels, settings),
        settings.trials,
        settings.sampler,
        seed,
        samplers=catalogue.samplers,
        origins=catalogue.origins((*parts, settings.sampler.partition(":")[0])),
    )


def _searched_baselines(catalogue: Catalogue, settings: SearchSettings, task: str) -> dict[str, Baseline]:
    pool = choose("task", task, catalogue.pools)
    baselines = choose_all("architecture", parse_names(settings.architectures) or pool, catalogue.baselines)
    elsewhere = {name: other for other, names in catalogue.pools.items() for name in names}
    for name in baselines:
        if name not in pool and name in elsewhere:
            raise ConfigurationError(f"{name} is an architecture for {elsewhere[name]}, not for {task}")
    return baselines


def objectives_named(catalogue: Catalogue, settings: SearchSettings) -> tuple[str, ...]:
    """Return the names of what is traded off: those given, or the preset's.

    Raises:
        ConfigurationError: for an unknown name, or one that is given twice.
    """
    names = parse_names(settings.objectives) or choose("preset", settings.preset, PRESETS).objectives
    return tuple(choose_all("objective", names, {**catalogue.proxies, **catalogue.costs, **COSTS}))


def _is_cost(catalogue: Catalogue, name: str) -> bool:
    return name in COSTS or name in catalogue.costs


def task_of(evaluator: Evaluator) -> str:
    """Return the task whose pool is searched for an evaluator's input."""
    if evaluator.metric == "map50":
        return "detection"
    return "image" if len(evaluator.input_shape) == 3 else "time-series"


def compose_probe(kind: str, evaluator: Evaluator, batch_size: int, seed: int) -> Probe | None:
    """Return batches of real data for `dataset`, `None` for `gaussian`."""
    return evaluator.probe(batch_size=batch_size, seed=seed) if choose("probe", kind, PROBES) else None


def compose_machine(
    settings: DeviceSettings,
    storage: StorageSettings | None = None,
    *,
    proxy_timeout: float | None = None,
    threads: int = 1,
) -> Machine:
    """Return where the work is done, and see at once that it is there; a GPU trains one model at a time.

    Where no number of jobs is asked for, as many models are trained at once as cores have room for their `threads`. A
    single training at a time is done in this process.

    Raises:
        ConfigurationError: for a device that is not there.
    """
    kept_at = storage.storage if storage else None
    scheduler = settings.scheduler
    if scheduler is not None:
        gpus = 0 if named_device(settings.device)[0] == "cpu" else 1
        return Machine(DaskWorkers(scheduler, gpus, proxy_timeout), DaskWorkers(scheduler, gpus), kept_at)
    kind, _ = parsed_device(settings.device)
    workers = (settings.jobs or max(1, available_cores() // threads)) if kind == "cpu" else 1
    trainings = InProcess() if workers == 1 else LocalProcesses(workers)
    return Machine(LocalProcesses(settings.jobs, proxy_timeout), trainings, kept_at)


def retargeted(catalogue: Catalogue, recorded: Target, target: str | None, execution: str | None) -> Target:
    """Return the target of a run, or another one, run in another way; None keeps what was recorded."""
    found = recorded if target is None else choose("target", target, catalogue.targets)
    way = recorded.execution.value if execution is None else execution
    return replace(found, execution=choose("execution", way, EXECUTIONS))
