"""The step of a run: budget, plan and result in its directory, and what selection then chooses from."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from prototypenas.errors import ConfigurationError, RunDirectoryError
from prototypenas.exploration.candidate_table import candidates_text
from prototypenas.objectives import Objective
from prototypenas.plugins import PluginSource
from prototypenas.progress import Progress
from prototypenas.protocols import Baseline, BriefTrainer, Evaluator
from prototypenas.refinement.plan import RefinementPlan, planned
from prototypenas.refinement.refinement_table import ESTIMATES_FILE, RUNGS_FILE, read_refinement
from prototypenas.refinement.refining import RefinementWork, refine
from prototypenas.runs.atomic_files import number_in, read_json, write_json, write_text
from prototypenas.runs.records import Arguments, differences
from prototypenas.runs.run_directory import RunDirectory
from prototypenas.training.nominal_time import nominal_seconds
from prototypenas.types import Explored, Scored
from prototypenas.workers.pool import Workers

ARGUMENTS_FILE = "refinement.json"
"""What was asked, and the plan that followed from it."""

SHARE_OF_TRAINING = 0.3
"""A budget that nobody gave is this share of what the trainings of the kept models will nominally take."""
MOST_SECONDS = 600.0
"""And at most so much."""
ENTRANTS_WANTED = 2
"""For each model that is kept: with fewer, a choice from the whole front by proxies is better than one from so few."""


@dataclass(frozen=True)
class Refine:
    """What is asked of a refinement."""

    seconds: float | None = None
    """Nominal time on one core; `None` derives it from what the trainings of the kept models will take."""

    def __post_init__(self) -> None:
        if self.seconds is not None and not self.seconds > 0:
            raise ConfigurationError(f"{self.seconds / 60:g} minutes of refinement asked for; more than 0 are needed")


@dataclass(frozen=True)
class RefinementStep:
    """Everything that a refinement needs but the run directory."""

    asked: Refine
    evaluator: Evaluator
    baselines: Mapping[str, Baseline]
    arguments: Arguments
    """Of the training: data and recipe; recorded, and held against what was recorded."""
    keep: int
    """How many models will be kept at most."""
    objectives: tuple[Objective, ...] | None = None
    """Of the exploration; FLOPs and all scores if not given."""
    seed: int = 0
    device: str = "cpu"
    plugins: tuple[PluginSource, ...] = ()

    def obstacle(self, candidates: Sequence[Explored]) -> str:
        """Say why there is nothing to refine; empty where there is."""
        if not isinstance(self.evaluator, BriefTrainer):
            return "no refinement: the evaluator cannot train for a while only"
        different = {one.digest for one in candidates if isinstance(one, Scored)}
        if len(different) < 2:
            return f"no refinement: {len(different)} feasible network, so there is nothing to choose between"
        return ""

    def plan(self, candidates: Sequence[Explored]) -> RefinementPlan | None:
        """Return the plan; `None` where a budget that nobody gave is too small for any.

        Raises:
            ConfigurationError: if the budget that was asked for is too small.
        """
        assert isinstance(self.evaluator, BriefTrainer)  # `obstacle` has looked
        trainer, seconds = self.evaluator, self.asked.seconds
        try:
            plan = planned(
                candidates,
                seconds=self._derived_seconds(candidates, trainer) if seconds is None else seconds,
                batch_size=trainer.batch_size,
                most_steps=trainer.training_steps,
                objectives=self.objectives,
            )
        except ConfigurationError:
            if seconds is not None:
                raise
            return None
        different = len({one.digest for one in candidates if isinstance(one, Scored)})
        enough = len(plan.candidates) >= min(ENTRANTS_WANTED * self.keep, different)
        return plan if enough or seconds is not None else None

    def _derived_seconds(self, candidates: Sequence[Explored], trainer: BriefTrainer) -> float:
        feasible = [one for one in candidates if isinstance(one, Scored)]
        samples = trainer.training_steps * trainer.batch_size
        seconds = [min(nominal_seconds(one.cost.flops, samples), trainer.most_seconds) for one in feasible]
        mean = sum(seconds) / len(seconds)
        return min(MOST_SECONDS, SHARE_OF_TRAINING * self.keep * mean)


def refine_run(
    run: RunDirectory,
    step: RefinementStep,
    candidates: Sequence[Explored],
    *,
    workers: Workers,
    progress: Progress,
    again: bool = False,
) -> str:
    """Refine a run, or continue that; a finished one is left. Return what was done, or why nothing was.

    With `again`, other arguments than those recorded begin anew; else they are refused.

    Raises:
        RunDirectoryError: if other arguments are refused, or a file is damaged.
        ConfigurationError: if the budget is too small.
    """
    obstacle = step.obstacle(candidates)
    if obstacle:
        return obstacle
    plan = step.plan(candidates)
    if plan is None:
        return "no refinement: the trainings are too short for one to pay"
    _bind(
        run,
        {**step.arguments, "seconds": step.asked.seconds, "explored": len(candidates), "plan": asdict(plan)},
        again=again,
    )
    if read_refinement(run.path) is None:
        assert isinstance(step.evaluator, BriefTrainer)
        work = RefinementWork(step.evaluator, step.baselines, run.path.resolve(), plan, step.seed, step.device)
        refine(work, candidates, workers=workers, plugins=step.plugins, progress=progress)
    _note_estimates(run, candidates)
    counts = " -> ".join(map(str, plan.rungs))
    return f"refined {counts} candidates, {plan.steps} to {plan.units * plan.steps} steps each"


def _note_estimates(run: RunDirectory, candidates: Sequence[Explored]) -> None:
    """Add the estimates to the table of all candidates, where they are not in it yet."""
    refinement = read_refinement(run.path)
    if refinement is None:
        return
    proxies = next(tuple(one.scores) for one in candidates if isinstance(one, Scored))
    text = candidates_text(candidates, proxies, refinement.expected())
    table = run.candidates_csv
    if not table.exists() or table.read_text(encoding="utf-8") != text:
        write_text(table, text)


def refined_from(run: RunDirectory) -> int | None:
    """Return of how many explored candidates a run was refined; `None` where it was not.

    Raises:
        RunDirectoryError: if the record is damaged.
    """
    file = run.path / ARGUMENTS_FILE
    return int(number_in(read_json(file), "explored", file)) if file.exists() else None


def _bind(run: RunDirectory, arguments: Arguments, *, again: bool) -> None:
    """Record the arguments, or hold them against those recorded; with `again`, others begin anew."""
    file, wanted = run.path / ARGUMENTS_FILE, json.loads(json.dumps(arguments))
    changed = differences(read_json(file), wanted) if file.exists() else ""
    if changed and not again:
        raise RunDirectoryError(
            f"{run.path} was refined with other arguments ({changed}); repeat them to continue, or use "
            "`prototypenas refine` to begin anew"
        )
    if changed:
        for name in (RUNGS_FILE, ESTIMATES_FILE):
            (run.path / name).unlink(missing_ok=True)
    write_json(file, wanted)
