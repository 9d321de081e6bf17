import math
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from prototypenas.errors import ConfigurationError, RunDirectoryError, TrainingError
from prototypenas.progress import Silent
from prototypenas.protocols import BriefResult
from prototypenas.refinement.estimated import ESTIMATE, refined_candidates
from prototypenas.refinement.plan import RefinementPlan
from prototypenas.refinement.refinement_table import ESTIMATES_FILE, RUNGS_FILE, read_refinement, read_rungs
from prototypenas.refinement.refining import FOLDER, RefinementWork, refine
from prototypenas.refinement.step import ARGUMENTS_FILE, Refine, RefinementStep, refine_run
from prototypenas.runs.atomic_files import read_json
from prototypenas.runs.run_directory import RunDirectory
from prototypenas.types import Configuration, Cost, Footprint, GroupConfiguration, Scored
from prototypenas.workers.in_process import InProcess

CONFIGURATION = Configuration("any", 1.0, (GroupConfiguration(),) * 4)
POOL = [
    Scored(n, CONFIGURATION, Cost((n + 1) * 10**5, 1, Footprint(1, 1, 1, 1, 1, 1, 1, 1)), str(n), {"a": float(n)})
    for n in range(9)
]
PLAN = RefinementPlan(tuple(range(8)), (8, 4), 5)


class PowerCut(BaseException):
    """Not an error anybody handles."""


@dataclass
class Learner:
    """Counts its trainings; what is learnt follows from the candidate and its steps."""

    cut_after: int = 10**9
    diverging: tuple[int, ...] = ()
    trained: list[tuple[int, int]] = field(default_factory=list)
    batch_size: int = 4
    training_steps: int = 10**6
    most_seconds: float = math.inf
    input_shape: tuple[int, ...] = (1, 8, 8)
    num_classes: int = 2

    def train_briefly(self, candidate, baseline, *, directory, steps, units, seed, device):
        assert units[0] <= units[1]
        if len(self.trained) >= self.cut_after:
            raise PowerCut
        self.trained.append((candidate.number, units[0]))
        directory.mkdir(parents=True, exist_ok=True)
        if candidate.number in self.diverging:
            raise TrainingError("the loss became nan")
        return BriefResult(1.0, 0.9 - 0.5 / (1 + candidate.number % 5) ** 0.5 / units[0] ** 0.5, 100)


def work_of(learner: Learner, folder: Path) -> RefinementWork:
    return RefinementWork(learner, {"any": None}, folder, PLAN, 0, "cpu")


def refined(learner: Learner, folder: Path):
    folder.mkdir(exist_ok=True)
    return refine(work_of(learner, folder), POOL, workers=InProcess(), plugins=(), progress=Silent())


def test_half_go_on_and_every_entrant_is_estimated(tmp_path):
    learner = Learner()
    found = refined(learner, tmp_path)
    assert [units for _, units in learner.trained] == [1] * 8 + [3] * 4
    assert [one.candidate for one in found.estimates] == list(range(8))
    assert {one.rungs for one in found.estimates} == {1, 2}
    assert [one.steps for one in found.rungs] == [5] * 8 + [15] * 4
    assert not (tmp_path / FOLDER).exists(), "checkpoints go when they have served"
    kept = read_refinement(tmp_path)
    assert kept is not None and kept.estimates == found.estimates and set(kept.rungs) == set(found.rungs)


@pytest.mark.parametrize("cut", [0, 1, 7, 8, 10, 11])
def test_a_kill_at_any_moment_changes_nothing_and_loses_no_finished_training(cut, tmp_path):
    whole = refined(Learner(), tmp_path / "whole")
    with pytest.raises(PowerCut):
        refined(Learner(cut_after=cut), tmp_path / "cut")
    assert read_refinement(tmp_path / "cut") is None
    assert len(read_rungs(tmp_path / "cut")) == cut
    second = Learner()
    assert refined(second, tmp_path / "cut").estimates == whole.estimates
    assert len(second.trained) == 12 - cut


def test_a_diverging_candidate_goes_no_further(tmp_path):
    learner = Learner(diverging=(4, 6))
    found = refined(learner, tmp_path)
    assert not {4, 6} & {number for number, units in learner.trained if units == 3}
    by_number = {one.candidate: one for one in found.estimates}
    assert by_number[4].score < 0.05
    assert [math.isinf(one.loss) for one in read_rungs(tmp_path) if one.candidate == 4] == [True]
    with pytest.raises(TrainingError, match="all 8 trainings of rung 1"):
        refined(Learner(diverging=tuple(range(8))), tmp_path / "all")


def test_damaged_tables_are_named(tmp_path):
    refined(Learner(), tmp_path)
    for name in (RUNGS_FILE, ESTIMATES_FILE):
        good = (tmp_path / name).read_text()
        (tmp_path / name).write_text(good[: len(good) // 2] + "x\n")
        with pytest.raises(RunDirectoryError, match=rf"{name} is damaged"):
            read_refinement(tmp_path)
        (tmp_path / name).write_text(good)


def step_of(learner: object, seconds: float | None = 30.0) -> RefinementStep:
    return RefinementStep(Refine(seconds), learner, {"any": None}, {"dataset": "made up"}, keep=3)


def test_the_step_records_its_plan_and_is_done_once(tmp_path):
    run, learner = RunDirectory.create(tmp_path), Learner()
    said = refine_run(run, step_of(learner), POOL, workers=InProcess(), progress=Silent())
    assert said.startswith("refined 9 -> 5 -> 3 candidates")
    first = len(learner.trained)
    assert refine_run(run, step_of(learner), POOL, workers=InProcess(), progress=Silent()) == said
    assert len(learner.trained) == first
    assert read_json(tmp_path / ARGUMENTS_FILE)["plan"]["candidates"] == list(range(9))
    with pytest.raises(RunDirectoryError, match=r"seconds was 30\.0, now 60\.0"):
        refine_run(run, step_of(learner, 60.0), POOL, workers=InProcess(), progress=Silent())
    refine_run(run, step_of(learner, 60.0), POOL, workers=InProcess(), progress=Silent(), again=True)
    assert len(learner.trained) > first and read_json(tmp_path / ARGUMENTS_FILE)["seconds"] == 60.0


def test_selection_sees_cautious_estimates_beside_the_proxies(tmp_path):
    found = refined(Learner(), tmp_path)
    candidates = refined_candidates(found, POOL)
    assert [one.number for one in candidates] == list(range(8))
    by_number = {one.number: one for one in POOL}
    assert [one.scores for one in candidates] == [
        {**by_number[one.candidate].scores, ESTIMATE: one.cautious} for one in found.estimates
    ]


def test_where_there_is_nothing_to_refine_it_says_why(tmp_path):
    run = RunDirectory.create(tmp_path)
    for step, pool, reason in (
        (step_of(object()), POOL, "cannot train for a while only"),
        (step_of(Learner()), POOL[:1], "1 feasible network, so there is nothing to choose"),
        (step_of(Learner()), [POOL[0], replace(POOL[0], number=5)], "1 feasible network"),
        (step_of(Learner(training_steps=2), None), POOL, "too short for one to pay"),
    ):
        assert reason in refine_run(run, step, pool, workers=InProcess(), progress=Silent())
    assert not list(tmp_path.iterdir())
    with pytest.raises(ConfigurationError, match="minutes of refinement are too few"):
        refine_run(run, step_of(Learner(), 0.001), POOL, workers=InProcess(), progress=Silent())
    for seconds in (0.0, -60.0):
        with pytest.raises(ConfigurationError, match="more than 0 are needed"):
            Refine(seconds)
