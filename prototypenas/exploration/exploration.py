"""Step 1 of the paper (section 3.1): constrained multi-objective exploration, generation by generation."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from prototypenas.errors import ConfigurationError
from prototypenas.exploration.candidate_evaluation import Evaluated, Seconds, Task
from prototypenas.exploration.candidate_jobs import JOBS_IN_A_WORKER, CandidatePool, CandidateWork
from prototypenas.exploration.candidate_table import TABLE, candidate_frame, write_candidates
from prototypenas.exploration.defaults import DEFAULT_SAMPLER, DEFAULT_TRIALS
from prototypenas.exploration.feasible_start import find_feasible
from prototypenas.exploration.generation import Generations
from prototypenas.exploration.journal import JOURNAL, Journal
from prototypenas.exploration.live_state import LiveState
from prototypenas.exploration.outcome import Outcome, outcome_of, priced_outcome
from prototypenas.exploration.sampler_state import STATE_FILE, SamplerStates
from prototypenas.exploration.samplers import Sampler, SamplerMaker, create_sampler, name_and_population
from prototypenas.exploration.space import SearchSpace
from prototypenas.exploration.statistics import Statistics, statistics_of
from prototypenas.exploration.study_mirror import StudyMirror, file_storage
from prototypenas.exploration.verdict import UNSCORED, ProxyFailures, refuse_nothing_feasible
from prototypenas.objectives import Objective, score_names
from prototypenas.progress import Progress, Silent
from prototypenas.types import Configuration, Explored, Scored
from prototypenas.workers.local_processes import LocalProcesses
from prototypenas.workers.pool import Workers

if TYPE_CHECKING:
    import pandas as pd

_log = logging.getLogger(__name__)

UNFEASIBLE_BEFORE_PRICING = 30
"""Candidates without a single one that fits, after which configurations are priced besides until some do."""

MIRRORED_TOGETHER = 50
"""Candidates in one transaction of the study's storage."""

TABLE_GROWTH = 0.1
"""The table is written anew when it has grown by this share, so that writing stays linear in its length."""


@dataclass(frozen=True, repr=False)
class Exploration:
    """All candidates in their order, and what was done to get them."""

    candidates: tuple[Explored, ...]
    objectives: tuple[Objective, ...]
    """What they were compared by, costs first."""
    statistics: Statistics

    @property
    def feasible(self) -> tuple[Scored, ...]:
        """The scored candidates."""
        return tuple(candidate for candidate in self.candidates if isinstance(candidate, Scored))

    @property
    def table(self) -> "pd.DataFrame":
        """All candidates, a row each: configuration, cost, scores (higher is better), rejection."""
        return candidate_frame(self.candidates)

    def __repr__(self) -> str:
        by = ", ".join(objective.name for objective in self.objectives)
        return f"<Exploration of {len(self.candidates)} candidates, {len(self.feasible)} fit, by {by}>"

    def _repr_html_(self) -> str:
        return str(self.table.to_html(max_rows=20))


def explore(
    task: Task,
    *,
    space: SearchSpace,
    trials: int = DEFAULT_TRIALS,
    sampler: str = DEFAULT_SAMPLER,
    samplers: Mapping[str, SamplerMaker] | None = None,
    seed: int = 0,
    executor: Workers | None = None,
    directory: Path | None = None,
    storage: str | None = None,
    study: str = "exploration",
    progress: Progress | None = None,
) -> Exploration:
    """Explore `trials` configurations; the same arguments give the same candidates on any number of workers.

    With a `directory`, every finished candidate is kept there the moment it is finished, an interrupted exploration
    continues where it was, and a table and an Optuna study are written beside. `storage` is the URL of an Optuna
    storage that gets the study instead, under the name `study`. `sampler` may carry its population, as in `nsga2:200`;
    `samplers` are those of plug-ins, by name.

    Raises:
        ConfigurationError: if an argument is not allowed.
        NothingFits: if no candidate met the budget.
        ProxyError: if more than half of the candidates cannot be scored.
        RunDirectoryError: if the directory belongs to another exploration, is corrupt or cannot be written.
    """
    if trials < 1:
        raise ConfigurationError(f"{trials} trials asked for; at least 1 is needed")
    name, population = name_and_population(sampler, samplers)
    chosen = create_sampler(name, space, goals=task.goals, population=population, seed=seed, makers=samplers)
    identity = {"sampler": name, "population": population, "sampler_seed": seed, **space.identity()}
    told = progress or Silent()
    with ExitStack() as stack:
        kept = _records(task, identity, space, directory=directory, storage=storage, study=study)
        records = stack.enter_context(kept)
        states = SamplerStates(directory and directory / STATE_FILE, {**task.identity(), **identity})
        run = _Run(task, chosen, records, LiveState(told, trials), states, space=space, seed=seed)
        workers = (executor or LocalProcesses()).start(
            CandidateWork(task), plugins=task.plugins, progress=told, ahead=JOBS_IN_A_WORKER
        )
        pool = CandidatePool(stack.enter_context(workers))
        run.explore(Generations(pool, records.recorded, run.heard), trials, population)
        records.finish(run.candidates)
    refuse_nothing_feasible(run.candidates, task.goals.budget, priced_besides=run.priced_besides)
    return Exploration(tuple(run.candidates), task.goals.objectives, run.statistics())


class _Records:
    """Everything an exploration leaves on disk: nothing at all without a directory or storage."""

    def __init__(self, journal: Journal | None, table: Path | None, mirror: StudyMirror | None, task: Task) -> None:
        self._journal = journal
        self._table = table
        self._mirror = mirror
        self._scores = score_names(task.goals.objectives)
        self._tabled = 0
        self.recorded = {} if journal is None else journal.recorded

    def append(self, news: list[Evaluated[Explored]]) -> None:
        if self._journal is not None:
            self._journal.append(news)

    def generation(self, candidates: Sequence[Explored]) -> None:
        self._write_study(candidates, least=MIRRORED_TOGETHER)
        if len(candidates) >= self._tabled * (1 + TABLE_GROWTH):
            self._write_table(candidates)

    def finish(self, candidates: Sequence[Explored]) -> None:
        self._write_study(candidates, least=1)
        if self._tabled < len(candidates):
            self._write_table(candidates)

    def _write_study(self, candidates: Sequence[Explored], *, least: int) -> None:
        if self._mirror is not None and len(candidates) >= self._mirror.length + least:
            self._mirror.follow(candidates, patiently=least == 1)

    def _write_table(self, candidates: Sequence[Explored]) -> None:
        if self._table is not None:
            write_candidates(self._table, candidates, self._scores)
        self._tabled = len(candidates)


@contextmanager
def _records(
    task: Task, identity: dict[str, Any], space: SearchSpace, *, directory: Path | None, storage: str | None, study: str
) -> Iterator[_Records]:
    url = storage or (None if directory is None else file_storage(directory))
    with ExitStack() as stack:
        journal, mirror = None, None
        if directory is not None:
            journal = stack.enter_context(closing(Journal(directory / JOURNAL, {**task.identity(), **identity})))
        if url is not None:
            opened = StudyMirror(url, name=study, space=space, goals=task.goals)
            mirror = stack.enter_context(closing(opened))
        yield _Records(journal, directory and directory / TABLE, mirror, task)


class _Run:
    """The generation loop, and the time it takes by part."""

    def __init__(
        self,
        task: Task,
        sampler: Sampler,
        records: _Records,
        live: LiveState,
        states: SamplerStates,
        *,
        space: SearchSpace,
        seed: int,
    ) -> None:
        self._goals = task.goals
        self._space = space
        self._seed = seed
        self._sampler = sampler
        self._records = records
        self._live = live
        self._states = states
        self._failures = ProxyFailures()
        self._fits = False
        self._start = perf_counter()
        self._sampler_seconds = 0.0
        self._bookkeeping_seconds = 0.0
        self._evaluation = sum((item.seconds for item in records.recorded.values()), Seconds())
        self.candidates: list[Explored] = []
        self.priced_besides = 0
        live.resumed(len(records.recorded))

    def explore(self, generations: Generations, trials: int, population: int) -> None:
        """Ask, evaluate and tell until there are enough.

        Whole generations are asked for and told, whatever the number of trials, of which the last may be evaluated in
        part: so more trials continue an exploration exactly as if they had been asked for at once.
        """
        self._take_up(generations, trials)
        patience = min(UNFEASIBLE_BEFORE_PRICING, 2 * population)  # whatever the trials, which may grow
        while len(self.candidates) < trials:
            if len(self.candidates) >= patience and not self._fits and not self.priced_besides:
                self._look_for_what_fits(generations, population)
            start = perf_counter()
            asked = self._sampler.ask(population)
            self._sampler_seconds += perf_counter() - start
            generation = generations.evaluate(len(self.candidates), asked[: trials - len(self.candidates)])
            self.candidates += generation
            self._fits = self._fits or any(isinstance(candidate, Scored) for candidate in generation)
            self._tell(generation, whole=len(generation) == population)
            self._failures.refuse_broken_proxy(generation)
            if len(generation) == population:
                self._states.keep(self._sampler, told=len(self.candidates), priced_besides=self.priced_besides)

    def _take_up(self, generations: Generations, trials: int) -> None:
        """Begin with the sampler that was kept and the candidates it was told of, where there is one."""
        state = self._states.latest()
        recorded = self._records.recorded
        if state is None or state.told > trials or any(number not in recorded for number in range(state.told)):
            return
        self._sampler, self.priced_besides = state.sampler, state.priced_besides
        self.candidates = [recorded[number].candidate for number in range(state.told)]
        generations.adopt(self.candidates)
        self._fits = any(isinstance(candidate, Scored) for candidate in self.candidates)
        self._failures.refuse_broken_proxy(self.candidates)
        self._live.told([outcome_of(candidate, self._goals) for candidate in self.candidates])

    def _look_for_what_fits(self, generations: Generations, wanted: int) -> None:
        """Price configurations besides the candidates until some fit, and have the sampler propose them."""

        def price(configurations: Sequence[Configuration]) -> list[Outcome]:
            self._live.pricing(self.priced_besides)
            priced = generations.price(configurations)
            self.priced_besides += len(priced)
            self._evaluation = sum((item.seconds for item in priced), self._evaluation)
            return [priced_outcome(item.candidate, self._goals) for item in priced]

        met = [priced_outcome(one, self._goals) for one in self.candidates]
        start = find_feasible(price, self._space, wanted=wanted, seed=self._seed, met=met)
        self._sampler.suggest(start.configurations)

    def heard(self, news: list[Evaluated[Explored]]) -> None:
        """Keep what has just finished."""
        start = perf_counter()
        self._records.append(news)
        self._live.finished(news)
        self._evaluation = sum((item.seconds for item in news), self._evaluation)
        self._bookkeeping_seconds += perf_counter() - start
        for item in news:
            one = item.candidate
            if not isinstance(one, Scored) and one.rejection.kind in UNSCORED:
                _log.warning("candidate %d is not scored: %s", one.number, one.rejection.detail)
        self._failures.refuse_hopeless_proxy([item.candidate for item in news])

    def statistics(self) -> Statistics:
        """Count what was done."""
        return statistics_of(
            self.candidates,
            priced_besides=self.priced_besides,
            evaluation=self._evaluation,
            sampler_seconds=self._sampler_seconds,
            bookkeeping_seconds=self._bookkeeping_seconds,
            wall_seconds=perf_counter() - self._start,
        )

    def _tell(self, generation: list[Explored], *, whole: bool) -> None:
        outcomes = [outcome_of(candidate, self._goals) for candidate in generation]
        start = perf_counter()
        if whole:
            self._sampler.tell(outcomes)
        told = perf_counter()
        self._records.generation(self.candidates)
        self._live.told(outcomes)
        self._sampler_seconds += told - start
        self._bookkeeping_seconds += perf_counter() - told
