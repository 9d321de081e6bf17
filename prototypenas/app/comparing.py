"""Two runs compared."""

from dataclasses import dataclass
from pathlib import Path

from prototypenas import finished_steps
from prototypenas.app.run import Run, open_run
from prototypenas.reporting.comparison import ComparedRun, models_table, search_table, settings_table
from prototypenas.reporting.notebook import table_html
from prototypenas.reporting.table import Table


@dataclass(frozen=True, repr=False)
class Comparison:
    """What differs between two runs; shows itself in a notebook."""

    settings: Table
    """Settings that differ."""
    search: Table
    models: Table

    @property
    def tables(self) -> tuple[Table, ...]:
        """Those that have something to say."""
        return tuple(table for table in (self.settings, self.search, self.models) if table.rows)

    def __repr__(self) -> str:
        runs, differ = " and ".join(self.search.headers[1:]), len(self.settings.rows)
        return f"<Comparison of {runs}: {differ} settings differ, {len(self.models.rows)} trained models>"

    def _repr_html_(self) -> str:
        return "".join(map(table_html, self.tables))


def compare(first: Run | Path | str, second: Run | Path | str) -> Comparison:
    """Compare two runs: their settings, how far their searches came on one scale, and their trained models.

    Raises:
        RunDirectoryError: if one of them is no run, or its exploration is not finished.
    """
    runs = [given if isinstance(given, Run) else open_run(given) for given in (first, second)]
    names = [run.path.name for run in runs]
    if names[0] == names[1]:
        names = [str(run.path) for run in runs]
    compared = [_compared(run, name) for run, name in zip(runs, names, strict=True)]
    return Comparison(settings_table(compared), search_table(compared), models_table(compared))


def _compared(run: Run, name: str) -> ComparedRun:
    return ComparedRun(
        name=name,
        settings=run.settings.flat(),
        objectives=run.directory.exploration().objectives,
        candidates=finished_steps.explored(run.directory),
        models=tuple(model.result for model in run.models),
    )
