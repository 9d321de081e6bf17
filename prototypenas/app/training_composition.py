"""Put together what models are trained on and how: read the data, or see that recorded data are still the same."""

import math
from dataclasses import dataclass, replace

from evaluators import Data, open_dataset
from evaluators.datasets.reading import Reading
from evaluators.datasets.source import with_classes
from evaluators.training.suitable_recipe import RecipeOptions
from prototypenas.app.arguments import parse_input_shape, parse_names, parse_range
from prototypenas.app.catalogue import Catalogue
from prototypenas.app.settings import PRETRAIN_EPOCHS, DataSettings, TrainingSettings
from prototypenas.choices import choose
from prototypenas.errors import ConfigurationError, RunDirectoryError
from prototypenas.runs.records import plain, record_of
from prototypenas.runs.run_directory import DatasetDirectory, RunDirectory
from prototypenas.steps import Training

QUANTIZATIONS = ("auto", "ptq", "qat")

READING_OPTIONS = ("layout", "label_column", "series_column", "group_column", "ignore_columns", "value_range")
"""Fields of `DataSettings` that say how files of a user's own are read."""


def load_data(catalogue: Catalogue, dataset: str | None, data: DataSettings, *, input_size: str | None) -> Data:
    """Load the data set, by name or from the user's own path.

    Raises:
        ConfigurationError: unless exactly one of name and path is given, or for an unknown name.
        DatasetError: if the data cannot be read.
    """
    if (dataset is None) == (data.own_data is None):
        raise ConfigurationError("give either the name of a data set or --data with a path of your own")
    shape = parse_input_shape(input_size) if input_size else None
    reading = compose_reading(data)
    if data.own_data is not None:
        return open_dataset(data.own_data, input_shape=shape, reading=reading)
    source = choose("data set", dataset or "", catalogue.datasets)
    return source.load(data.data_dir, download=data.download, input_shape=shape)


def check_training(settings: TrainingSettings) -> None:
    """Refuse training options that are not allowed, alone or together, before any data are read.

    Raises:
        ConfigurationError: for an unknown name, or an option that lacks another.
    """
    if settings.pretrain is None and settings.pretrain_epochs is not None:
        raise ConfigurationError("--pretrain-epochs needs --pretrain with a folder of pictures")
    choose("quantization", settings.quantize, dict.fromkeys(QUANTIZATIONS))
    recipe_options(settings)


def compose_training(
    catalogue: Catalogue,
    loaded: Data,
    dataset: str | None,
    data: DataSettings,
    settings: TrainingSettings,
    *,
    input_size: str | None,
    seed: int,
    device: str,
) -> Training:
    """Return how models are trained on a loaded data set.

    Raises:
        ConfigurationError: for an option that is not allowed.
        DatasetError: if the pictures to pre-train on cannot be read.
    """
    # Lightning comes with them and takes a second; `list` and `measure` need neither.
    from evaluators.pretraining import pretraining_on  # noqa: PLC0415
    from evaluators.tasks import evaluator_for, references_for, summary_for  # noqa: PLC0415

    check_training(settings)
    evaluator = evaluator_for(loaded, recipe_options(settings, device), quantization=settings.quantize)
    origins = catalogue.origins((*catalogue.pooled, dataset or ""))
    epochs_before = settings.pretrain_epochs or PRETRAIN_EPOCHS
    pretraining = None
    if settings.pretrain is not None:
        pictures = with_classes(loaded)
        pretraining = pretraining_on(settings.pretrain, pictures, epochs=epochs_before, threads=settings.threads)
    arguments = {
        **{name: value for name, value in plain(data).items() if name != "download"},
        **plain(settings),
        "input_size": input_size,
        "data_digest": loaded.digest(),
        **({} if pretraining is None else pretraining.arguments()),
        **({"plugins": list(origins)} if origins else {}),
    }
    return Training(
        dataset or loaded.name,
        evaluator,
        catalogue.baselines,
        arguments,
        seed=seed,
        threads=settings.threads,
        device=device,
        plugins=catalogue.plugins,
        summary=summary_for(evaluator),
        references=references_for(evaluator),
        pretraining=pretraining,
    )


def training_for(
    catalogue: Catalogue,
    run: RunDirectory,
    dataset: str | None,
    data: DataSettings,
    settings: TrainingSettings,
    *,
    seed: int,
    device: str,
) -> Training:
    """Return how the models of a run are trained on a data set, read in the size that the run was explored for.

    Raises:
        ConfigurationError: for an option that is not allowed, or an unknown name.
        DatasetError: if the data cannot be read.
    """
    check_training(settings)
    size = "x".join(str(number) for number in run.exploration().input_shape)
    loaded = load_data(catalogue, dataset, data, input_size=size)
    return compose_training(catalogue, loaded, dataset, data, settings, input_size=size, seed=seed, device=device)


def recipe_options(settings: TrainingSettings, device: str = "cpu") -> RecipeOptions:
    """Return what the user asks of the recipe; on a GPU the nominal minutes of a processor's core limit nothing.

    Raises:
        ConfigurationError: for values that are not allowed, alone or together.
    """
    minutes = math.inf if settings.train_minutes is None and device != "cpu" else settings.train_minutes
    return RecipeOptions(
        augment=parse_names(settings.augment),
        learning_rate=settings.learning_rate,
        batch_size=settings.batch_size,
        steps=settings.steps,
        epochs=settings.epochs,
        minutes=minutes,
        early_stopping=settings.early_stopping,
        balanced_classes=settings.class_weights,
    )


def compose_reading(data: DataSettings) -> Reading:
    """Return what the user decided about files that can be read in several ways.

    Raises:
        ConfigurationError: for a value range that is none, or a decision without data of the user's own.
    """
    given = [name for name in READING_OPTIONS if getattr(data, name)]
    if given and data.own_data is None:
        option = given[0].replace("_", "-")
        raise ConfigurationError(f"--{option} says how files of your own are read; give them with --data")
    return Reading(
        layout=data.layout,
        label_column=data.label_column,
        series_column=data.series_column,
        group_column=data.group_column,
        ignored_columns=parse_names(data.ignore_columns),
        value_range=None if data.value_range is None else parse_range(data.value_range),
    )


def recorded_training(catalogue: Catalogue, seen: DatasetDirectory) -> Training:
    """Compose the training that a run directory records for a data set, and see that the data are still the same.

    Raises:
        RunDirectoryError: if the record is damaged, or the data are not those that the models were trained on.
    """
    arguments = seen.arguments()
    where = f"{seen.name!r} in {seen.run.run_json}"
    given = record_of(_GivenRecord, arguments, where)
    data = record_of(DataSettings, {**arguments, "download": False}, where)
    # What the models began with is in their weights by now, and its pictures need not be there any more.
    settings = replace(record_of(TrainingSettings, arguments, where), pretrain=None, pretrain_epochs=None)
    name = None if data.own_data else seen.name
    training = compose_training(
        catalogue,
        load_data(catalogue, name, data, input_size=given.input_size),
        name,
        data,
        settings,
        input_size=given.input_size,
        seed=given.seed,
        device="cpu",
    )
    if training.arguments["data_digest"] != given.data_digest:
        raise RunDirectoryError(
            f"{seen.path} was trained on other data: their digest was {given.data_digest}, now it is "
            f"{training.arguments['data_digest']}; restore the data, or train again in another folder"
        )
    return training


@dataclass(frozen=True)
class _GivenRecord:
    input_size: str | None
    seed: int
    data_digest: str
