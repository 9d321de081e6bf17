"""The exploration as an Optuna study in a file or database, for `optuna-dashboard` and Optuna's own analyses.

Written in batches by the coordinator alone. The journal stays the truth: a study that lags behind, because the process
was killed, is continued from its length.
"""

import json
import sqlite3
import warnings
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, distribution_to_json
from optuna.storages import BaseStorage, RDBStorage, get_storage
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from prototypenas.errors import ConfigurationError, RunDirectoryError
from prototypenas.exploration.optuna_sampler import directions, distributions, quiet
from prototypenas.exploration.outcome import CONSTRAINTS, outcome_of
from prototypenas.exploration.space import SearchSpace
from prototypenas.exploration.trial_tables import TrialTables, row_of
from prototypenas.types import Budget, Candidate

STUDY_FILE = "study.db"
"""Name of the SQLite file in a run directory."""

SQLITE = "sqlite:///"
"""What the URL of an SQLite file begins with."""


class StudyMirror:
    """Copies finished candidates into a study, in their order, each once.

    A scored candidate is a complete trial. A rejected one is a pruned trial with its constraint values and its reason
    and without objective values, for it has none.
    """

    def __init__(self, url: str, *, name: str, space: SearchSpace, budget: Budget, proxies: Sequence[str]) -> None:
        """Open the storage and create the study, or continue it.

        Raises:
            ConfigurationError: if the storage cannot be opened.
            RunDirectoryError: if its study has other objectives.
        """
        self._url = url
        self._space = space
        self._budget = budget
        self._proxies = tuple(proxies)
        self._distributions: dict[str, BaseDistribution] = distributions(space)
        self._json = {name: distribution_to_json(each) for name, each in self._distributions.items()}
        _refuse_damaged(url)
        with quiet(), self._storage_errors():
            storage = _open_storage(url)
            self._study = self._open(name, storage)
            self._tables = _tables(storage, name)
            self.length = self._tables.count() if self._tables else len(self._study.get_trials(deepcopy=False))
            """Candidates already in the study."""

    def extend(self, candidates: Sequence[Candidate]) -> None:
        """Add finished candidates.

        Raises:
            RunDirectoryError: if the storage refuses them.
        """
        trials = [self._trial(candidate) for candidate in candidates]
        with self._storage_errors():
            if self._tables is None:
                self._study.add_trials(trials)
            else:
                self._tables.append(self.length, [row_of(trial, self._json) for trial in trials])
        self.length += len(candidates)

    def close(self) -> None:
        """Close the database."""
        if self._tables is not None:
            self._tables.close()

    def _open(self, name: str, storage: BaseStorage) -> Study:
        study = optuna.create_study(
            study_name=name, storage=storage, directions=directions(self._proxies), load_if_exists=True
        )
        names = ["flops", *self._proxies]
        if study.metric_names not in (None, names) or len(study.directions) != len(names):
            raise RunDirectoryError(f"{self._url} holds a study {name} of {study.metric_names}, not of {names}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            study.set_metric_names(names)
        return study

    def _trial(self, candidate: Candidate) -> FrozenTrial:
        outcome = outcome_of(candidate, budget=self._budget, proxies=self._proxies)
        values = None if outcome.objectives is None else list(outcome.objectives)
        return optuna.trial.create_trial(
            state=TrialState.PRUNED if values is None else TrialState.COMPLETE,
            values=values,
            params=self._space.values(candidate.configuration),
            distributions=self._distributions,
            user_attrs=_attributes(candidate),
            constraints=dict(zip(CONSTRAINTS, outcome.violations, strict=True)),
        )

    @contextmanager
    def _storage_errors(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
            reason = str(error).splitlines()[0]
            advice = (
                "; if the file is damaged, remove it to have it written anew" if self._url.startswith("sqlite") else ""
            )
            raise RunDirectoryError(f"the storage {self._url} failed: {reason}{advice}") from error


def _attributes(candidate: Candidate) -> dict[str, Any]:
    attributes: dict[str, Any] = {"number": candidate.number}
    if candidate.cost is not None:
        attributes |= {
            "mmacs": candidate.cost.macs / 1e6,
            "parameters": candidate.cost.parameters,
            "ram_bytes": candidate.cost.footprint.ram_bytes,
            "rom_bytes": candidate.cost.footprint.rom_bytes,
            "digest": candidate.digest,
        }
    if candidate.rejection is not None:
        attributes["rejection"] = f"{candidate.rejection.kind}: {candidate.rejection.detail}"
    return json.loads(json.dumps(attributes))  # type: ignore[no-any-return]


def _open_storage(url: str) -> BaseStorage:
    try:
        return get_storage(url) if url.startswith("redis") else RDBStorage(url)
    except (ImportError, ValueError) as error:
        raise ConfigurationError(f"the storage {url} cannot be opened: {error}") from error


def _refuse_damaged(url: str) -> None:
    """Look at every page of an SQLite file: damage that no query of ours meets is met by its reader later."""
    file = Path(url.removeprefix(SQLITE))
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
