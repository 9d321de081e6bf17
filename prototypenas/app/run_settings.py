"""Everything that makes up a run: the settings of all parts together, as a settings file and `run.json` hold them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from prototypenas.app.settings import (
    DataSettings,
    PartSettings,
    RefinementSettings,
    SearchSettings,
    SelectionSettings,
    TargetSettings,
    TrainingSettings,
)
from prototypenas.runs.records import plain, record_of


@dataclass(frozen=True)
class InputSettings:
    """What is searched for: a data set by name, or an input shape and a number of classes without any data."""

    dataset: str | None = None
    task: str | None = None
    """Whose pool is searched; seen from the input shape where there are data."""
    input_size: str | None = None
    """As it is typed; the data set's own if not given."""
    classes: int | None = None
    probe: str = "gaussian"
    seed: int = 0


@dataclass(frozen=True)
class RunSettings:
    """Everything that makes up a run but the machine; `run.json` keeps it, so that a run can be repeated or go on."""

    input: InputSettings = field(default_factory=InputSettings)
    data: DataSettings = field(default_factory=DataSettings)
    target: TargetSettings = field(default_factory=TargetSettings)
    search: SearchSettings = field(default_factory=SearchSettings)
    selection: SelectionSettings = field(default_factory=SelectionSettings)
    refinement: RefinementSettings = field(default_factory=RefinementSettings)
    training: TrainingSettings = field(default_factory=TrainingSettings)
    parts: PartSettings = field(default_factory=PartSettings)

    def flat(self) -> dict[str, Any]:
        """Return all values as JSON, each under the name of its field, as a settings file holds them."""
        return {name: value for item in fields(self) for name, value in plain(getattr(self, item.name)).items()}


def settings_from(flat: Mapping[str, Any], where: str) -> RunSettings:
    """Build settings from what `flat` gave; what is missing has its default.

    Raises:
        RunDirectoryError: if a value is of another type.
    """
    content = {**RunSettings().flat(), **flat}
    return RunSettings(
        input=record_of(InputSettings, content, where),
        data=record_of(DataSettings, content, where),
        target=record_of(TargetSettings, content, where),
        search=record_of(SearchSettings, content, where),
        selection=record_of(SelectionSettings, content, where),
        refinement=record_of(RefinementSettings, content, where),
        training=record_of(TrainingSettings, content, where),
        parts=record_of(PartSettings, content, where),
    )
