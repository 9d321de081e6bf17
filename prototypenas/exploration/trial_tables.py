"""Finished trials written into an Optuna database many at a time.

Optuna's own way looks up each parameter and attribute before it writes it: about 50 statements and 20 ms a trial.
Here a batch is six statements in one transaction, on the tables as the database describes them. Used only where the
schema is one that was checked (the tests read everything back through Optuna); elsewhere Optuna's own way is taken.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import Connection, MetaData, Table, func, select
from sqlalchemy.engine import Engine

CHECKED_SCHEMAS = (12,)
"""Schema versions of Optuna's database that this module knows."""

CONSTRAINT_PREFIX = "constraints:"

DASHBOARD_CONSTRAINTS = "constraints"
"""Where optuna-dashboard looks for a trial's constraint values: Optuna kept them there before its version 5."""


@dataclass(frozen=True)
class Row:
    """One finished trial; parameters as Optuna stores them, with the JSON of their distributions."""

    values: tuple[float, ...] | None
    """`None` for a pruned trial."""
    parameters: Mapping[str, tuple[float, str]]
    attributes: Mapping[str, Any]
    constraints: Mapping[str, float]


class TrialTables:
    """The tables of one study in an open database."""

    def __init__(self, engine: Engine, study_id: int) -> None:
        self._engine = engine
        self._study_id = study_id
        metadata = MetaData()
        metadata.reflect(engine)
        self._tables: Mapping[str, Table] = metadata.tables

    @property
    def checked(self) -> bool:
        """Whether the schema is one that this module knows."""
        with self._engine.connect() as connection:
            version = connection.scalar(select(self._tables["version_info"].c.schema_version))
        return version in CHECKED_SCHEMAS

    def count(self) -> int:
        """Count the study's trials."""
        trials = self._tables["trials"]
        query = select(func.count()).select_from(trials).where(trials.c.study_id == self._study_id)
        with self._engine.connect() as connection:
            return int(connection.scalar(query) or 0)

    def append(self, first: int, rows: Sequence[Row]) -> None:
        """Write trials numbered from `first`: all of them or none."""
        with self._engine.begin() as connection:
            identifiers = self._append_trials(connection, first, rows)
            numbered = list(zip(identifiers, rows, strict=True))
            self._insert(
                connection, "trial_values", [line for number, row in numbered for line in _values(number, row)]
            )
            self._insert(
                connection, "trial_params", [line for number, row in numbered for line in _parameters(number, row)]
            )
            for table, lines in (
                ("trial_user_attributes", [_json_lines(number, row.attributes) for number, row in numbered]),
                ("trial_system_attributes", [_json_lines(number, _constraints(row)) for number, row in numbered]),
            ):
                self._insert(connection, table, [line for group in lines for line in group])

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def _append_trials(self, connection: Connection, first: int, rows: Sequence[Row]) -> list[int]:
        now = datetime.now(UTC).replace(tzinfo=None)
        lines = [
            {
                "number": number,
                "study_id": self._study_id,
                "state": (TrialState.PRUNED if row.values is None else TrialState.COMPLETE).name,
                "datetime_start": now,
                "datetime_complete": now,
            }
            for number, row in enumerate(rows, start=first)
        ]
        self._insert(connection, "trials", lines)
        trials = self._tables["trials"]
        mine = (trials.c.study_id == self._study_id) & (trials.c.number >= first)
        return list(connection.scalars(select(trials.c.trial_id).where(mine).order_by(trials.c.number)))

    def _insert(self, connection: Connection, table: str, lines: list[dict[str, Any]]) -> None:
        if lines:
            connection.execute(self._tables[table].insert(), lines)


def row_of(trial: FrozenTrial, distributions_json: Mapping[str, str]) -> Row:
    """Return the row of a finished trial."""
    parameters = {
        name: (trial.distributions[name].to_internal_repr(value), distributions_json[name])
        for name, value in trial.params.items()
    }
    values = tuple(trial.values) if trial.state is TrialState.COMPLETE else None
    return Row(values, parameters, trial.user_attrs, trial.constraints)


def _values(identifier: int, row: Row) -> list[dict[str, Any]]:
    return [
        {"trial_id": identifier, "objective": place, "value": value, "value_type": "FINITE"}
        for place, value in enumerate(row.values or ())
    ]


def _parameters(identifier: int, row: Row) -> list[dict[str, Any]]:
    return [
        {"trial_id": identifier, "param_name": name, "param_value": value, "distribution_json": distribution}
        for name, (value, distribution) in row.parameters.items()
    ]


def _constraints(row: Row) -> dict[str, float | list[float]]:
    named = {f"{CONSTRAINT_PREFIX}{name}": value for name, value in row.constraints.items()}
    return {**named, DASHBOARD_CONSTRAINTS: list(row.constraints.values())}


def _json_lines(identifier: int, attributes: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"trial_id": identifier, "key": key, "value_json": json.dumps(value)} for key, value in attributes.items()]
