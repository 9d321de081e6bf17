"""A run from Python: a run directory, the parts it was made with, and the steps that can be done on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from prototypenas import finished_steps, pipeline
from prototypenas.app.catalogue import Catalogue, gather
from prototypenas.app.composition import compose_choice
from prototypenas.app.exploring import explore_run, machine_of
from prototypenas.app.given_data import GivenData, named_data
from prototypenas.app.known_targets import recorded_target
from prototypenas.app.run_settings import RunSettings, settings_from
from prototypenas.app.settings import DeviceSettings, SelectionSettings, TrainingSettings
from prototypenas.app.training_composition import recorded_training, training_for
from prototypenas.choices import choose
from prototypenas.errors import ConfigurationError, RunDirectoryError
from prototypenas.exploration.candidate_table import candidate_frame
from prototypenas.progress import Progress, Silent
from prototypenas.refinement.refinement_table import read_refinement
from prototypenas.reporting.notebook import table_html
from prototypenas.reporting.recommendation import recommend
from prototypenas.reporting.tables import (
    choice_table,
    configuration_table,
    final_table,
    footprint_table,
    rejection_table,
)
from prototypenas.runs.run_directory import DatasetDirectory, RunDirectory
from prototypenas.selection import Selection
from prototypenas.types import Scored, Target

if TYPE_CHECKING:
    import pandas as pd

    from prototypenas.app.model import TrainedModel


class Run:
    """A run directory and what can be done with it; every step continues or reads back what is there."""

    def __init__(
        self,
        directory: RunDirectory,
        catalogue: Catalogue,
        settings: RunSettings,
        *,
        device: DeviceSettings,
        progress: Progress | None = None,
    ) -> None:
        """Take a directory in which an exploration was begun."""
        self.directory = directory
        self.settings = settings
        self.catalogue = catalogue
        self._device = device
        self._progress = progress or Silent()

    @property
    def path(self) -> Path:
        """The run directory."""
        return self.directory.path

    @property
    def target(self) -> Target:
        """The microcontroller it was explored for, with the limits of the run."""
        return recorded_target(self.catalogue.targets, self.directory)

    @property
    def candidates(self) -> pd.DataFrame:
        """All explored candidates, a row each: configuration, cost, scores (higher is better), rejection."""
        refinement = read_refinement(self.path)
        return candidate_frame(finished_steps.explored(self.directory), refinement.expected() if refinement else None)

    @property
    def selection(self) -> Selection:
        """The selection that was made last.

        Raises:
            RunDirectoryError: if none was made.
        """
        return finished_steps.selected(self.directory)

    @property
    def models(self) -> list[TrainedModel]:
        """The trained models of all data sets, those of one data set in order of FLOPs."""
        return [model for seen in self.directory.datasets() for model in self._models(seen)]

    def select(
        self, keep: int | tuple[int, int] | str = (3, 5), *, settings: SelectionSettings | None = None, seed: int = 0
    ) -> Selection:
        """Choose the few candidates that cover the front best; asked again with other arguments, choose anew.

        Raises:
            ConfigurationError: for a `keep` below 1 or a range that falls.
            NothingFits: if no candidate is feasible.
        """
        words = "-".join(str(number) for number in keep) if isinstance(keep, tuple) else str(keep)
        wanted = replace(settings or self.settings.selection, keep=words)
        with self.directory.locked():
            selection = pipeline.select(self.directory, compose_choice(wanted, self.settings.search.preset, seed))
            self._note(replace(self.settings, selection=wanted))
        return selection

    def train(
        self,
        data: GivenData | None = None,
        *,
        epochs: int | None = None,
        settings: TrainingSettings | None = None,
        seed: int = 0,
        jobs: int = 1,
    ) -> list[TrainedModel]:
        """Train, prune, quantize and test the selected candidates; select them first where that was not done.

        The data are those of the search unless others are given. Models already trained are read back.

        Raises:
            ConfigurationError: if the run was explored without data and none are given.
            RunDirectoryError: if models of this data set were trained with other arguments.
            TrainingError: if a training diverges.
        """
        if not self.directory.selection_json.exists():
            self.select(self.settings.selection.keep, seed=seed)
        wanted = settings or self.settings.training
        wanted = wanted if epochs is None else replace(wanted, epochs=epochs)
        name, place = self.settings.input.dataset, self.settings.data
        if data is not None:
            name, place = named_data(data, self.catalogue, self.settings.data, self.path)
        if name is None and place.own_data is None:
            raise ConfigurationError(f"{self.path} was explored without data; give some: run.train('digits')")
        device = replace(self._device, jobs=jobs)
        training = training_for(self.catalogue, self.directory, name, place, wanted, seed=seed, device=device.device)
        seen = self.directory.dataset(training.dataset)
        with self.directory.locked():
            noted = replace(self.settings, training=wanted)
            pipeline.evaluate(seen, training, self.target, machine_of(device, noted), self._progress)
            self._note(noted)
        return self._models(seen)

    def report(self) -> Path:
        """Write the page and the figures of every data set, or of the exploration alone; return the last page.

        Raises:
            RunDirectoryError: if nothing was selected, or a file is damaged.
        """
        from prototypenas.reporting.run_report import write_run_report  # noqa: PLC0415  (Matplotlib comes with it)

        with self.directory.locked():
            seen: tuple[DatasetDirectory | None, ...] = self.directory.datasets() or (None,)
            return [write_run_report(self.directory, one, self.target) for one in seen][-1]

    @property
    def recommended(self) -> TrainedModel:
        """The trained model that the report recommends: as accurate as the best, as far as the test can tell.

        Raises:
            RunDirectoryError: if none is trained.
        """
        models = self.models
        found = recommend([model.result for model in models])
        if found is None:
            raise RunDirectoryError(f"{self.path} holds no trained model; train it first")
        return next(model for model in models if model.result is found.model)

    def predict(self, data: Path | str | None = None, *, model: int | None = None) -> pd.DataFrame:
        """Return what the int8 network of a model says of each sample, exactly as its C does: classes, or boxes.

        `data` is a picture, a folder of pictures, an `.npy` of samples, or data of any form that can be trained on;
        `None` is the test set. `model` is the number of a candidate, and the recommended one if it is not given.

        Raises:
            ConfigurationError: for a model that is not trained, or samples of another shape than it takes.
            DatasetError: if the data cannot be read.
            RunDirectoryError: if no model is trained.
        """
        from prototypenas.app.predicting import predictions  # noqa: PLC0415  (Lightning comes with it)

        chosen = self.recommended if model is None else choose_number(model, self.models)
        place = None if data is None else Path(data)
        return predictions(chosen, place, catalogue=self.catalogue, settings=self.settings.data)

    def export(self, folder: Path | str, *, form: str = "csv") -> list[Path]:
        """Write the tables of the run as files, `form` being `csv`, `markdown` or `latex`; return the files.

        Raises:
            ConfigurationError: for another form.
            RunDirectoryError: if nothing was selected, or the folder cannot be written.
        """
        from prototypenas.reporting.table_files import write_tables  # noqa: PLC0415

        selection, candidates = self.selection, finished_steps.explored(self.directory)
        models = [model.result for model in self.models]
        tables = {
            "models": final_table(models),
            "sizes": footprint_table(selection.chosen),
            "configurations": configuration_table(selection.chosen),
            "choice": choice_table(selection),
            "rejections": rejection_table(candidates),
        }
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        return write_tables(tables, place, form)

    def extend(self, trials: int, *, jobs: int = 1) -> Run:
        """Explore until there are `trials` candidates, exactly as if so many had been asked for at once.

        Selection, models and reports follow when they are asked for next.

        Raises:
            RunDirectoryError: if the run has more already.
        """
        wanted = replace(self.settings, search=replace(self.settings.search, trials=trials))
        explore_run(self.directory, self.catalogue, wanted, replace(self._device, jobs=jobs), self._progress)
        self.settings = wanted
        return self

    def _models(self, seen: DatasetDirectory) -> list[TrainedModel]:
        from prototypenas.app.model import TrainedModel  # noqa: PLC0415  (Lightning comes with it)

        return [
            TrainedModel(
                seen.model(result.candidate.number),
                result,
                self.target,
                lambda: recorded_training(self.catalogue, seen),
            )
            for result in finished_steps.results(seen, self.target)
            if result.evaluation is not None
        ]

    def _note(self, settings: RunSettings) -> None:
        self.settings = settings
        self.directory.note_settings(settings.flat())

    def __repr__(self) -> str:
        return f"<Run {self.path}: {self._state()}>"

    def _repr_html_(self) -> str:
        from prototypenas.reporting.drawing import svg_text  # noqa: PLC0415  (Matplotlib comes with it)
        from prototypenas.reporting.front_figures import front_figure  # noqa: PLC0415

        head = f"<p><b>{self.path}</b>: {self._state()}</p>"
        if not self.directory.selection_json.exists():
            return head
        selection = self.selection
        drawn = svg_text(front_figure(finished_steps.explored(self.directory), selection))
        models = [model.result for model in self.models]
        return head + (table_html(final_table(models)) if models else selection._repr_html_()) + drawn

    def _state(self) -> str:
        try:
            candidates = finished_steps.explored(self.directory)
        except RunDirectoryError:
            return "not explored to its end"
        fit = sum(isinstance(one, Scored) for one in candidates)
        said = f"{len(candidates)} candidates for {self.directory.exploration().target}, {fit} fit"
        if self.directory.selection_json.exists():
            said += f", {len(self.selection.chosen)} selected"
        trained = len(self.models) if self.directory.datasets() else 0
        return said + (f", {trained} trained" if trained else "")


def choose_number(number: int, models: Sequence[TrainedModel]) -> TrainedModel:
    """Return the model of a candidate's number.

    Raises:
        ConfigurationError: if it is not trained.
    """
    by_number = {str(model.number): model for model in models}
    return choose("trained model", str(number), by_number)


def open_run(
    path: Path | str, *, plugins: tuple[Path | str, ...] = (), device: str = "cpu", progress: Progress | None = None
) -> Run:
    """Open a run directory, whoever made it.

    Raises:
        RunDirectoryError: if there is none.
    """
    directory = RunDirectory.open(Path(path))
    settings = settings_from(directory.settings(), str(directory.run_json))
    parts = replace(settings.parts, plugin=[*settings.parts.plugin, *(Path(each) for each in plugins)])
    catalogue = gather(parts.plugin, parts.target_files, parts.latency_tables)
    return Run(directory, catalogue, settings, device=DeviceSettings(device=device), progress=progress)
