"""The exploration as an Optuna study in a file or database, for `optuna-dashboard` and Optuna's own analyses.

Written in batches by the coordinator alone. The journal stays the truth: a study that lags behind, because the process
was killed, is continued from its length.
"""

import json
import logging
import sqlite3
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import optuna
from optuna.distributions import BaseDistribution, distribution_to_json
from optuna.storages import BaseStorage, RDBStorage, get_storage
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from prototypenas.errors import ConfigurationError, RunDirectoryError
from prototypenas.exploration.optuna_sampler import distributions, quiet
from prototypenas.exploration.outcome import outcome_of
from prototypenas.exploration.space import SearchSpace
from prototypenas.exploration.trial_tables import TrialTables, row_of
from prototypenas.objectives import Goals
from prototypenas.types import Built, Explored, Invalid, Rejected, Scored

STUDY_FILE = "study.db"
"""Name of the SQLite file in a run directory."""

SQLITE = "sqlite:///"
"""What the URL of an SQLite file begins with."""

PATIENCE_SECONDS = 60.0
"""How long the end of an exploration waits for a database server that does not answer."""

FAILURES = (SQLAlchemyError, optuna.exceptions.StorageInternalError, OSError)
"""What a storage raises that fails or does not answer; drivers let some errors of their connection through."""


def file_storage(directory: Path) -> str:
    """Return the URL of the study in a run directory, whatever characters are in its path."""
    return f"{SQLITE}{quote(str(directory / STUDY_FILE))}"


def directions(goals: Goals) -> list[StudyDirection]:
    """Return each objective's direction: a study holds the values as people read them."""
    return [
        StudyDirection.MINIMIZE if objective.minimised else StudyDirection.MAXIMIZE for objective in goals.objectives
    ]


class StudyMirror:
    """Copies finished candidates into a study, in their order, each once.

    A scored candidate is a complete trial. A rejected one is a pruned trial with its constraint values and its reason
    and without objective values, for it has none.
    """

    def __init__(self, url: str, *, name: str, space: SearchSpace, goals: Goals) -> None:
        """Open the storage and create the study, or continue it.

        Raises:
            ConfigurationError: if the storage cannot be opened.
            RunDirectoryError: if its study has other objectives.
        """
        self._url = url
        self._space = space
        self._goals = goals
        self._distributions: dict[str, BaseDistribution] = distributions(space)
        self._json = {name: distribution_to_json(each) for name, each in self._distributions.items()}
        _refuse_damaged(url)
        with quiet(), self._storage_errors():
            storage = _open_storage(url)
            self._study = self._open(name, storage)
            self._tables = _tables(storage, name)
            self.length = self._count()
            """Candidates already in the study."""
        self._answers = True

    def follow(self, candidates: Sequence[Explored], *, patiently: bool = False) -> None:
        """Add those of all finished candidates that the study lacks.

        A database server that does not answer is asked again next time: what it lacks is in the journal. Only
        `patiently`, at the end, it is waited for.

        Raises:
            RunDirectoryError: if the storage refuses them, or does not answer in time.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(candidates) > self.length or not self._answers:
            try:
                with quiet(), _silent_driver():
                    self._catch_up(candidates)
                return
            except FAILURES as error:
                self._answers = False
                if self._url.startswith("sqlite") or (patiently and time.monotonic() > deadline):
                    raise self._failed(error) from error
            if not patiently:
                return
            time.sleep(1.0)

    def _catch_up(self, candidates: Sequence[Explored]) -> None:
        if not self._answers:
            # The last batch may have been written though its confirmation was lost.
            self.length = self._count()
            self._answers = True
        trials = [self._trial(candidate) for candidate in candidates[self.length :]]
        if trials and self._tables is None:
            self._study.add_trials(trials)
        elif trials and self._tables is not None:
            self._tables.append(self.length, [row_of(trial, self._json) for trial in trials])
        self.length = len(candidates)

    def _count(self) -> int:
        return self._tables.count() if self._tables else len(self._study.get_trials(deepcopy=False))

    def close(self) -> None:
        """Close the database."""
        if self._tables is not None:
            self._tables.close()

    def _open(self, name: str, storage: BaseStorage) -> Study:
        study = optuna.create_study(
            study_name=name, storage=storage, directions=directions(self._goals), load_if_exists=True
        )
        names = [objective.name for objective in self._goals.objectives]
        if study.metric_names not in (None, names) or len(study.directions) != len(names):
            raise RunDirectoryError(f"{self._url} holds a study {name} of {study.metric_names}, not of {names}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            study.set_metric_names(names)
        return study

    def _trial(self, candidate: Explored) -> FrozenTrial:
        outcome = outcome_of(candidate, self._goals)
        values = [one.value(candidate) for one in self._goals.objectives] if isinstance(candidate, Scored) else None
        return optuna.trial.create_trial(
            state=TrialState.PRUNED if values is None else TrialState.COMPLETE,
            values=values,
            params=self._space.values(candidate.configuration),
            distributions=self._distributions,
            user_attrs=_attributes(candidate),
            constraints=dict(outcome.violations),
        )

    @contextmanager
    def _storage_errors(self) -> Iterator[None]:
        try:
            yield
        except FAILURES as error:
            raise self._failed(error) from error

    def _failed(self, error: Exception) -> RunDirectoryError:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        damaged = "if the file is damaged, remove it to have it written anew"
        advice = damaged if self._url.startswith("sqlite") else "when it is back, the same command continues"
        return RunDirectoryError(f"the storage {self._url} failed: {reason}; {advice}")


@contextmanager
def _silent_driver() -> Iterator[None]:
    """Keep the tracebacks of lost connections, which are an answer here and no news, from the terminal."""
    logger = logging.getLogger("sqlalchemy.pool")
    level = logger.level
    logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        logger.setLevel(level)


def _attributes(candidate: Explored) -> dict[str, Any]:
    attributes: dict[str, Any] = {"number": candidate.number}
    if isinstance(candidate, Built):
        attributes |= {
            "mmacs": candidate.cost.macs / 1e6,
            "parameters": candidate.cost.parameters,
            "ram_bytes": candidate.cost.footprint.ram_bytes,
            "rom_bytes": candidate.cost.footprint.rom_bytes,
            "digest": candidate.digest,
        }
    if isinstance(candidate, Invalid | Rejected):
        attributes["rejection"] = f"{candidate.rejection.kind}: {candidate.rejection.detail}"
    return json.loads(json.dumps(attributes))  # type: ignore[no-any-return]


def _open_storage(url: str) -> BaseStorage:
    try:
        if url.startswith("redis"):
            return get_storage(url)
        # Optuna fills braces in a URL like a template; a connection that a server has closed is replaced.
        plain = url.replace("{", "{{").replace("}", "}}")
        return RDBStorage(plain, engine_kwargs={"pool_pre_ping": not url.startswith("sqlite")})
    except (ImportError, ValueError) as error:
        raise ConfigurationError(f"the storage {url} cannot be opened: {error}") from error


def _refuse_damaged(url: str) -> None:
    """Look at every page of an SQLite file: damage that no query of ours meets is met by its reader later."""
    file = Path(unquote(url.removeprefix(SQLITE)))
    if not url.startswith(SQLITE) or not file.is_file():
        return
    try:
        with closing(sqlite3.connect(file)) as connection:
            reason = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        reason = str(error)
    if reason != "ok":
        line = " ".join(reason.split())
        raise RunDirectoryError(f"{file} is damaged ({line}); remove it to have it written anew")


def _tables(storage: BaseStorage, name: str) -> TrialTables | None:
    if not isinstance(storage, RDBStorage):
        return None
    tables = TrialTables(storage.engine, storage.get_study_id_from_name(name))
    return tables if tables.checked else None
