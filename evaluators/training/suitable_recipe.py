"""The recipe that suits a data set: derived from its size and kind, or as far as the user asks."""

import math
from dataclasses import dataclass, replace

from evaluators.augmentation import Augmentation
from evaluators.datasets.samples import ClassificationData
from evaluators.suitable_augmentation import AUTO, augmentation_for
from evaluators.training.recipe import Recipe
from evaluators.training.validation import classes_not_held_out
from prototypenas.errors import ConfigurationError
from prototypenas.training.nominal_time import nominal_seconds

BATCH_SIZE = 32
SMALLEST_BATCH = 8
STEPS_WANTED = 40
"""Fewest optimizer steps of a pass that smaller batches are taken for."""

STEPS = 8_000
"""Optimizer steps where the data is large: a quarter of a million samples are shown."""
MOST_PASSES = 100
"""Passes over small data, the paper's number of epochs."""
LEAST_STEPS = 1_500
"""Optimizer steps that even the smallest data is given."""

EPOCHS_WANTED = 20
"""Fewest epochs that the steps are parted into, so that pruning and the choice of the best epoch have enough."""
STEPS_OF_EPOCH = 50
"""Fewest steps of an epoch: validating and saving after a few would take longer than they do."""

MINUTES = 6.0
"""Nominal minutes of one core that one model is trained at most, where neither length nor minutes are asked for."""

MOST_HELD_OUT = 2_000
"""Samples held out to choose the best epoch: its standard error is then about a point, and the others are learnt."""

SHOWN_FLOPS = 250_000_000
"""A network as large as any target of the catalogue takes: if even that one has time enough, no limit is told."""

PATIENCE = 0.25
"""Share of the epochs without a better validation accuracy that ends training."""


@dataclass(frozen=True)
class RecipeOptions:
    """What the user asks of a recipe; `None` is derived from the data."""

    augment: tuple[str, ...] = (AUTO,)
    """See `evaluators.suitable_augmentation.augmentation_for`."""
    learning_rate: float | None = None
    batch_size: int | None = None
    steps: int | None = None
    epochs: int | None = None
    """Passes over the training data; excludes `steps`."""
    minutes: float | None = None
    """Most nominal minutes of one core a model; unlimited where `steps` or `epochs` are given."""
    early_stopping: int | None = None
    """In epochs; 0 is off."""
    balanced_classes: bool = False

    def __post_init__(self) -> None:
        if self.steps is not None and self.epochs is not None:
            raise ConfigurationError(f"{self.steps} steps and {self.epochs} epochs asked for; give one of them")
        if self.steps is not None and self.steps < 1:
            raise ConfigurationError(f"{self.steps} steps asked for; at least 1 is needed")
        if self.epochs is not None and self.epochs < 1:
            raise ConfigurationError(f"{self.epochs} epochs asked for; at least 1 is needed")
        if self.minutes is not None and not self.minutes > 0:
            raise ConfigurationError(f"{self.minutes:g} minutes of training asked for; more than 0 are needed")


def recipe_for(data: ClassificationData, options: RecipeOptions = RecipeOptions()) -> Recipe:
    """Return the recipe for a data set.

    Raises:
        ConfigurationError: for an option that is not allowed, or an augmentation that does not suit the data.
    """
    share = Recipe.validation_share
    if data.train_groups is None and data.validation is None:
        share = min(share, MOST_HELD_OUT / len(data.train))
    recipe = recipe_of_size(len(data.train), options, validation_share=share)
    return replace(recipe, augmentation=augmentation_for(data, options.augment))


def recipe_of_size(
    training_samples: int, options: RecipeOptions, *, validation_share: float = Recipe.validation_share
) -> Recipe:
    """Return the recipe for so many training samples of any kind, without augmentation.

    Raises:
        ConfigurationError: for an option that is not allowed.
    """
    samples = round(training_samples * (1 - validation_share))
    batch = options.batch_size or _batch_size(samples)
    steps_per_pass = max(1, samples // batch)
    epochs, steps_per_epoch = _length(steps_per_pass, options)
    patience = options.early_stopping
    return Recipe(
        epochs=epochs,
        steps_per_epoch=steps_per_epoch,
        batch_size=batch,
        learning_rate=Recipe.learning_rate if options.learning_rate is None else options.learning_rate,
        validation_share=validation_share,
        early_stopping=math.ceil(PATIENCE * epochs) if patience is None else patience,
        balanced_classes=options.balanced_classes,
        most_seconds=_most_seconds(options),
    )


def described(recipe: Recipe, data: ClassificationData) -> str:
    """Say in a few words what training will do, before it begins."""
    samples = round(len(data.train) * (1 - recipe.validation_share))
    steps = recipe.steps(len(data.train))
    passes = steps * recipe.batch_size / max(1, samples)
    stopping = f"at most, stopping after {recipe.early_stopping} without gain" if recipe.early_stopping else "in all"
    weighing = "; classes weighed by inverse frequency" if recipe.balanced_classes else ""
    unseen = classes_not_held_out(data, recipe.validation_share)
    blind = f"; the choice of the best epoch sees no sample of {', '.join(unseen)}" if unseen else ""
    slow = steps * nominal_seconds(SHOWN_FLOPS, recipe.batch_size) > recipe.most_seconds
    limit = f"; fewer where they would take over {recipe.most_seconds / 60:g} minutes of one core (--train-minutes)"
    return (
        f"{steps:,} steps of {recipe.batch_size} samples ({passes:.1f} passes, {recipe.epochs} epochs {stopping}"
        f"{limit if slow else ''}), "
        f"learning rate {recipe.learning_rate:g}; augmentation: {_named(recipe.augmentation, data)}{weighing}{blind}"
    )


def _batch_size(samples: int) -> int:
    """Halve the batch until a pass has enough steps."""
    batch = BATCH_SIZE
    while batch > SMALLEST_BATCH and samples // batch < STEPS_WANTED:
        batch //= 2
    return batch


def _length(steps_per_pass: int, options: RecipeOptions) -> tuple[int, int | None]:
    """Return the number of epochs, and their steps where they are no whole passes."""
    if options.epochs is not None:
        return options.epochs, None
    steps = options.steps or min(STEPS, max(LEAST_STEPS, MOST_PASSES * steps_per_pass))
    per_epoch = min(max(steps_per_pass, STEPS_OF_EPOCH), max(1, steps // EPOCHS_WANTED))
    return max(1, round(steps / per_epoch)), per_epoch


def _most_seconds(options: RecipeOptions) -> float:
    if options.minutes is not None:
        return 60 * options.minutes
    return 60 * MINUTES if options.steps is None and options.epochs is None else math.inf


def _named(augmentation: Augmentation, data: ClassificationData) -> str:
    size = "pixels" if data.is_image else "samples"
    parts = {
        f"shift by up to {augmentation.shift} {size}": augmentation.shift,
        "mirror half": augmentation.flip,
        f"rotate by up to {augmentation.rotation_degrees:g} degrees": augmentation.rotation_degrees,
        f"scale by up to {augmentation.scale:.0%}": augmentation.scale,
        f"speed up or down by up to {augmentation.speed:.0%}": augmentation.speed,
        f"change brightness by up to {augmentation.brightness:.0%}": augmentation.brightness,
        f"erase {augmentation.erase:.0%} of each axis": augmentation.erase,
        f"add noise of {augmentation.noise:.0%}": augmentation.noise,
        f"RandAugment with {augmentation.random_changes} changes": augmentation.random_changes,
    }
    return ", ".join(name for name, strength in parts.items() if strength) or "none"
