import multiprocessing
import random
import signal
import time
from dataclasses import replace

import optuna
import pytest

from prototypenas.errors import ConfigurationError, NothingFits, ProxyError, RunDirectoryError
from prototypenas.evidence import unheard
from prototypenas.exploration.candidate_evaluation import Evaluated
from prototypenas.exploration.candidate_table import read_candidates
from prototypenas.exploration.exploration import explore
from prototypenas.exploration.journal import JOURNAL
from prototypenas.objectives import score_names
from prototypenas.testing.stub_task import StubTask
from prototypenas.types import Budget, Built, Rejection, Scored
from prototypenas.workers.in_process import InProcess
from prototypenas.workers.local_processes import LocalProcesses

TRIALS = 130


def run(space, directory=None, *, task=None, trials=TRIALS, executor=None, **arguments):
    return explore(
        task or StubTask(),
        space=space,
        trials=trials,
        executor=executor or InProcess(),
        directory=directory,
        **arguments,
    )


@pytest.fixture(scope="module")
def whole(space, tmp_path_factory):
    directory = tmp_path_factory.mktemp("whole")
    return run(space, directory), directory


def test_candidates_are_numbered_and_in_the_table(whole):
    exploration, directory = whole
    assert [candidate.number for candidate in exploration.candidates] == list(range(TRIALS))
    assert read_candidates(directory / "candidates.csv") == exploration.candidates
    assert all(set(candidate.scores) == set(score_names(exploration.objectives)) for candidate in exploration.feasible)


def test_equal_networks_share_the_scores_of_the_first(whole):
    exploration, _ = whole
    firsts = {}
    repeated = 0
    for candidate in exploration.feasible:
        first = firsts.setdefault((candidate.configuration.architecture, candidate.digest), candidate)
        repeated += first is not candidate
        assert candidate.scores == first.scores
    assert repeated == exploration.statistics.repeated > 0


def test_nothing_that_breaks_a_limit_is_scored(whole):
    exploration, _ = whole
    budget = StubTask().budget
    for candidate in exploration.candidates:
        fits = isinstance(candidate, Built) and max(budget.violations(candidate.cost).values()) <= 0
        assert isinstance(candidate, Scored) == fits
    assert 0 < len(exploration.feasible) < TRIALS


@pytest.mark.parametrize("workers", [2, *(pytest.param(count, marks=pytest.mark.slow) for count in (1, 3, 4))])
def test_any_number_of_workers_gives_the_same(space, whole, workers, tmp_path):
    exploration = run(space, tmp_path, executor=LocalProcesses(workers))
    assert exploration.candidates == whole[0].candidates
    assert (tmp_path / "candidates.csv").read_bytes() == (whole[1] / "candidates.csv").read_bytes()


def test_a_journal_cut_anywhere_is_continued_to_the_same_end(space, whole, tmp_path):
    exploration, directory = whole
    journal = (directory / JOURNAL).read_bytes()
    chance = random.Random(0)
    for length in (0, 10, *(chance.randrange(len(journal)) for _ in range(6)), len(journal)):
        (tmp_path / JOURNAL).write_bytes(journal[:length])
        assert run(space, tmp_path).candidates == exploration.candidates
        assert (tmp_path / "candidates.csv").read_bytes() == (directory / "candidates.csv").read_bytes()


def explore_slowly(space, directory, executor):
    run(space, directory, task=StubTask(seconds=0.01), executor=executor)


def killed_and_resumed(space, directory, lines, executor):
    """Kill the run when its journal has so many lines, then let it finish."""
    journal = directory / JOURNAL
    # Forked from a process that has imported everything: twenty imports of PyTorch would take minutes.
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload([explore.__module__])
    process = forks.Process(target=explore_slowly, args=(space, directory, executor))
    process.start()
    while process.is_alive():
        if journal.exists() and journal.read_bytes().count(b"\n") >= lines:
            process.kill()
            break
        time.sleep(0.002)
    process.join()
    assert process.exitcode == -signal.SIGKILL
    recorded = {line.split(b",", 1)[0] for line in journal.read_bytes().splitlines()[1:]}
    exploration = run(space, directory)
    lasting = {line.split(b",", 1)[0] for line in journal.read_bytes().splitlines()[1:]}
    assert recorded <= lasting and len(lasting) == TRIALS
    return exploration


MOMENTS = [(LocalProcesses(2), 60), *((InProcess(), count) for count in random.Random(1).sample(range(125), 20))]


@pytest.mark.parametrize(
    ("executor", "lines"), [(InProcess(), 70), *(pytest.param(*each, marks=pytest.mark.slow) for each in MOMENTS)]
)
def test_a_killed_run_continues_to_the_same_end(space, whole, executor, lines, tmp_path):
    assert killed_and_resumed(space, tmp_path, lines, executor).candidates == whole[0].candidates
    assert (tmp_path / "candidates.csv").read_bytes() == (whole[1] / "candidates.csv").read_bytes()


def test_a_finished_run_is_not_explored_again(space, whole, tmp_path):
    class Unused:
        def start(self, work, **options):
            deadly = replace(work, task=replace(work.task, deadly=tuple(range(TRIALS))))
            return InProcess().start(deadly, **options)

    (tmp_path / JOURNAL).write_bytes((whole[1] / JOURNAL).read_bytes())
    assert run(space, tmp_path, executor=Unused()).candidates == whole[0].candidates


def test_a_journal_of_other_candidates_is_refused(space, whole, tmp_path):
    run(space, tmp_path, trials=20, seed=1)
    header = (whole[1] / JOURNAL).read_bytes().splitlines(keepends=True)[0]
    others = (tmp_path / JOURNAL).read_bytes().splitlines(keepends=True)[1:]
    (tmp_path / JOURNAL).write_bytes(header + b"".join(others))
    with pytest.raises(RunDirectoryError, match=r"candidate \d+ of the journal"):
        run(space, tmp_path)


@pytest.mark.parametrize("sampler", ["nsga2", "nsga2:7", "tpe", "qmc", "pymoo-ga"])
def test_more_trials_continue_as_if_they_had_been_asked_for_at_once(sampler, space, tmp_path):
    for trials in (8, 21, 50):
        explored = run(space, tmp_path, trials=trials, sampler=sampler)
    assert explored.candidates == run(space, trials=50, sampler=sampler).candidates


def test_runs_that_share_a_storage_have_studies_of_their_own(space, tmp_path):
    storage = f"sqlite:///{tmp_path / 'all.db'}"
    for seed in (0, 1):
        run(space, tmp_path / str(seed), trials=20, seed=seed, storage=storage, study=f"run {seed}")
    for seed in (0, 1):
        study = optuna.load_study(study_name=f"run {seed}", storage=storage)
        kept = read_candidates(tmp_path / str(seed) / "candidates.csv")
        assert [space.configuration(trial.params) for trial in study.trials] == [one.configuration for one in kept]


def test_another_seed_in_the_same_directory_is_refused(space, whole):
    with pytest.raises(RunDirectoryError, match="sampler_seed was 0, now 1"):
        run(space, whole[1], seed=1)


@pytest.mark.parametrize(
    "changed",
    [{"width": (0.1, 1.4)}, {"depths": (1, 2, 3)}, {"fixed": {"group1_depth": 2.0}}, {"sparsity": (0.0, 0.8)}],
)
def test_another_space_in_the_same_directory_is_refused(space, whole, changed):
    (name,) = changed
    with pytest.raises(RunDirectoryError, match=rf"{name} was .*, now "):
        run(replace(space, **changed), whole[1])


def test_another_seed_explores_otherwise(space, whole):
    assert run(space, seed=1).candidates != whole[0].candidates


def test_nothing_that_fits_names_the_closest(space):
    with pytest.raises(NothingFits, match=r"closest is number \d+ .*bytes of RAM, at most 1,000"):
        run(space, task=StubTask(budget=Budget(ram_bytes=1000)), trials=20)


class BrokenProxy(StubTask):
    """Scores only every fourth candidate."""

    def score(self, candidate, begins=unheard):
        if candidate.number % 4 == 0:
            return super().score(candidate)
        return Evaluated(candidate.rejected(Rejection("proxy", "naswot: no rectifier")))


def test_a_proxy_that_mostly_fails_ends_the_exploration(space):
    with pytest.raises(ProxyError, match=r"of \d+ candidates that fit cannot be scored; the last: naswot"):
        run(space, task=BrokenProxy())


def test_progress_tells_of_feasible_share_and_front(space):
    notes = []

    class Listening:
        def update(self, task, completed, total, note=""):
            notes.append((task, completed, total, note))

    run(space, progress=Listening())
    task, completed, total, note = notes[-1]
    assert (task, completed, total) == ("explore", TRIALS, TRIALS)
    assert all(word in note for word in ("feasible", "front", "hypervolume"))


def test_no_trials_are_refused(space):
    with pytest.raises(ConfigurationError, match="at least 1"):
        run(space, trials=0)
