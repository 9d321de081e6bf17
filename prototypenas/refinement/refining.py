"""Successive halving on any workers, from wherever it was left.

Jamieson & Talwalkar 2016 (arXiv 1502.07943), with survivors chosen for FLOPs and score together. Everything that
decides the result is fixed by the plan before the first training, so neither the number of workers nor a kill changes
it.
"""

import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from prototypenas.errors import TrainingError
from prototypenas.plugins import PluginSource
from prototypenas.progress import Progress
from prototypenas.protocols import Baseline, BriefTrainer
from prototypenas.refinement.halving import RungScore, estimates, survivors
from prototypenas.refinement.plan import RefinementPlan
from prototypenas.refinement.refinement_table import Refinement, read_rungs, write_estimates, write_rungs
from prototypenas.types import Explored, Scored
from prototypenas.workers.pool import Answer, Cause, Workers
from prototypenas.workers.threads import computing_threads

FOLDER = "refinement"
"""Where checkpoints of short trainings lie until the refinement is finished."""
TITLE = "refine"
"""As progress shows it."""


@dataclass(frozen=True)
class RungJob:
    """One candidate's training through one rung."""

    candidate: Scored
    rung: int


@dataclass(frozen=True)
class RefinementWork:
    """What every worker holds; one thread a training, because its last bits depend on it."""

    trainer: BriefTrainer
    baselines: Mapping[str, Baseline]
    folder: Path
    plan: RefinementPlan
    seed: int
    device: str

    def __call__(self, job: RungJob, progress: Progress) -> RungScore:
        """Train one candidate through one rung, from where the rung before it ended."""
        candidate, units = job.candidate, self.plan.units_after(job.rung)
        with computing_threads(1):
            found = self.trainer.train_briefly(
                candidate,
                self.baselines[candidate.configuration.architecture],
                directory=self.folder / FOLDER / str(candidate.number),
                steps=self.plan.steps,
                units=(units, self.plan.units),
                seed=self.seed,
                device=self.device,
            )
        return RungScore(candidate.number, job.rung, units * self.plan.steps, found.loss, found.score, found.held_out)


def refine(
    work: RefinementWork,
    candidates: Sequence[Explored],
    *,
    workers: Workers,
    plugins: Sequence[PluginSource],
    progress: Progress,
) -> Refinement:
    """Train the plan's candidates rung by rung and estimate each; rungs already in the folder are read back.

    A candidate whose training diverges or does not fit into memory scores 0 and goes no further.

    Raises:
        TrainingError: if every training of a rung failed.
        RunDirectoryError: if a file is damaged or the disk full.
    """
    by_number = {one.number: one for one in candidates if isinstance(one, Scored)}
    flops = {number: float(one.cost.flops) for number, one in by_number.items()}
    scores = list(read_rungs(work.folder))
    entrants, total = work.plan.candidates, sum(work.plan.rungs)
    with workers.start(work, plugins=plugins, progress=progress) as pool:
        for rung, count in enumerate(work.plan.rungs):
            if rung:
                before = {one.candidate: one.score for one in scores if one.rung == rung - 1}
                entrants = survivors(before, flops, count)
            done = {one.candidate for one in scores if one.rung == rung}
            missing = {f"trial {number}, rung {rung}": number for number in entrants if number not in done}
            for key, number in missing.items():
                pool.submit(key, RungJob(by_number[number], rung))
            waiting = len(missing)
            while waiting:
                for answer in pool.finished():
                    scores.append(_score_of(answer, missing[answer.key], rung, work))
                    write_rungs(scores, work.folder)
                    waiting -= 1
                    progress.update(TITLE, len(scores), total, f"rung {rung + 1} of {len(work.plan.rungs)}")
            if all(math.isinf(one.loss) for one in scores if one.rung == rung):
                raise TrainingError(f"all {count} trainings of rung {rung + 1} of the refinement failed")
    found = estimates(scores)
    write_estimates(found, work.folder)
    shutil.rmtree(work.folder / FOLDER, ignore_errors=True)
    return Refinement(found, tuple(scores))


def _score_of(answer: Answer, number: int, rung: int, work: RefinementWork) -> RungScore:
    failure = answer.failure
    if failure is None or not (
        isinstance(failure.error, TrainingError) or failure.cause in (Cause.MEMORY, Cause.LOST, Cause.OVERTIME)
    ):
        result: RungScore = answer.unwrapped()
        return result
    return RungScore(number, rung, work.plan.units_after(rung) * work.plan.steps, math.inf, 0.0, 1)
