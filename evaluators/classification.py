"""Classification as a task: cross-entropy on varied samples, and accuracy."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from evaluators.augmentation import mixed
from evaluators.data_task import DataTask
from evaluators.datasets.samples import ClassificationData, Samples
from evaluators.datasets.splits import stratified_split
from evaluators.evaluator import TaskEvaluator
from evaluators.quantizing import CALIBRATION_SEED, POST_TRAINING, aware_plan
from evaluators.training.accuracy import accuracy, voted_accuracy
from evaluators.training.recipe import Recipe
from evaluators.training.suitable_recipe import RecipeOptions, recipe_for
from evaluators.training.validation import training_and_validation
from prototypenas.choices import choose
from prototypenas.compression.simulator import dequantize_outputs
from prototypenas.errors import ConfigurationError
from prototypenas.graph.graph import Graph, IntegerGraph
from prototypenas.graph.lowering import lower
from prototypenas.prototype import Prototype
from prototypenas.runs.class_scores import ClassScores
from prototypenas.sound import FrontEnd
from prototypenas.types import Batch, Preparation, Probe
from prototypenas.workers.threads import computing_threads

SERIES_VOTE = "accuracy_of_series"
"""Name of the share of whole series whose windows vote for their class."""


@dataclass(frozen=True)
class ClassificationTask(DataTask[Samples]):
    """Tell the classes of a data set apart."""

    data: ClassificationData
    metric: str = "accuracy"

    @property
    def front_end(self) -> FrontEnd | None:
        """What turned sound into these pictures, and their normalisation."""
        if self.data.front_end is None:
            return None
        normalisation = self.data.normalisation
        return FrontEnd(self.data.front_end, normalisation.mean[0], normalisation.deviation[0])

    @property
    def preparation(self) -> Preparation | None:
        """What `prepared` does to a sample, and the names of the classes."""
        stored, scaling = self.data.test.inputs, self.data.normalisation
        return Preparation(
            scaling.mean, scaling.deviation, stored.dtype == torch.uint8, tuple(stored.shape[1:]), self.data.classes
        )

    def digest(self) -> str:
        """Equal for equal samples, labels, split and shape."""
        return self.data.digest()

    def check_network(self, network: Prototype) -> None:
        """Refuse a detector.

        Raises:
            ConfigurationError: if the network has other than one output.
        """
        outputs = len(lower(network, self.input_shape).outputs)
        if outputs != 1:
            architecture = network.configuration.architecture
            raise ConfigurationError(f"{architecture} has {outputs} outputs; a data set with classes wants one")

    def check_recipe(self, recipe: Recipe) -> None:
        """Refuse random augmentation of series.

        Raises:
            ConfigurationError: naming the data set.
        """
        if recipe.augmentation.random_changes and not self.data.is_image:
            raise ConfigurationError(f"random augmentation is for images, but {self.data.name} are series")

    def divided(self, share: float) -> tuple[Samples, Samples | None]:
        """Hold out a share of each class, or whole groups where the data has groups."""
        return training_and_validation(self.data, share)

    def prepared(self, batch: Samples) -> Tensor:
        """Return a batch's inputs as the network takes them."""
        return self.data.prepared(batch.inputs)

    def varied_loss(
        self, network: nn.Module, batch: Samples, recipe: Recipe, generator: torch.Generator, done: float
    ) -> tuple[Tensor, Tensor | None]:
        """Vary, prepare, mix; cross-entropy against the (mixed) classes."""
        # Small tensors are not worth a second thread: augmenting CIFAR was ten times slower where cores were busy.
        with computing_threads(1):
            prepared = self.data.prepared(recipe.augmentation(batch.inputs, generator))
        if prepared.dim() == 4:
            # As much as half faster, on CPU and GPU.
            prepared = prepared.contiguous(memory_format=torch.channels_last)
        prepared, wanted = self._mixed(prepared, batch.targets, recipe, generator)
        logits = network(prepared)
        weights = class_weights(self.data).to(logits.device) if recipe.balanced_classes else None
        loss = functional.cross_entropy(logits, wanted, weights, label_smoothing=recipe.label_smoothing)
        return loss, (logits.detach().argmax(dim=1) == batch.targets).sum()

    def summed_loss(self, network: nn.Module, batch: Samples) -> Tensor:
        """Return the cross-entropy of a batch as it is, summed over its samples."""
        return functional.cross_entropy(network(self.prepared(batch)), batch.targets, reduction="sum")

    def score(self, network: nn.Module, part: Samples) -> float:
        """Share of rightly classified samples."""
        return accuracy(network, self.data, part)

    def int8_score(self, graph: IntegerGraph, outputs: NDArray[np.int8], part: Samples) -> float:
        """Share of samples whose greatest output is their class."""
        (logits,) = dequantize_outputs(graph, outputs)
        return int((logits.argmax(axis=1) == part.targets.numpy()).sum()) / len(part)

    def details(self, graph: IntegerGraph, outputs: NDArray[np.int8], part: Samples) -> Mapping[str, float]:
        """Return the accuracy of whole series by the vote of their windows, where the test samples are windows."""
        series = self.data.test_series
        if series is None or len(series) != len(part):
            return {}
        (logits,) = dequantize_outputs(graph, outputs)
        return {SERIES_VOTE: voted_accuracy(logits, part.targets.numpy(), series.numpy())}

    def tuned(self, graph: IntegerGraph, held_out: Samples) -> Mapping[str, float]:
        """Return no settings: a class is the greatest output."""
        return {}

    def keep_examples(
        self, network: nn.Module, graph: IntegerGraph, outputs: NDArray[np.int8], directory: Path
    ) -> None:
        """Write nothing: classes are shown by their numbers."""

    def head(self, graph: Graph) -> None:
        """Return `None`: the outputs are the classes' logits."""

    def class_scores(self, graph: IntegerGraph, outputs: NDArray[np.int8], part: Samples) -> ClassScores:
        """Count which class is taken for which, and give recall and F1 of each."""
        (logits,) = dequantize_outputs(graph, outputs)
        return scores_by_class(torch.from_numpy(logits).argmax(dim=1), part.targets, self.num_classes)

    def calibration_inputs(self, count: int) -> list[Tensor]:
        """Draw prepared training samples, as many of each class, without augmentation."""
        samples = self.data.train
        if count < len(samples):
            _, drawn = stratified_split(samples.targets.numpy(), count / len(samples), seed=CALIBRATION_SEED)
            samples = samples.at(drawn)
        return [self.data.prepared(batch.inputs) for batch in samples.batches(64)]

    def probe(self, *, batch_size: int, seed: int) -> Probe:
        """Draw one lone sample and two batches of the training part."""
        lone, batches = self.drawn(batch_size, seed)
        prepared = tuple(Batch(self.prepared(batch), batch.targets) for batch in batches)
        return Probe(sample=self.prepared(lone), batches=prepared)

    def _mixed(
        self, inputs: Tensor, targets: Tensor, recipe: Recipe, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        alphas = [("mixup", recipe.mixup_alpha), ("cutmix", recipe.cutmix_alpha)]
        active = [(name, alpha) for name, alpha in alphas if alpha > 0]
        if not active:
            return inputs, targets
        place = int(torch.randint(len(active), ()))
        name, alpha = active[place]
        concentration = torch.tensor(alpha)
        share = float(torch.distributions.Beta(concentration, concentration).sample())
        classes = functional.one_hot(targets, self.num_classes).float()
        return mixed(inputs, classes, share=share, cut=name == "cutmix", generator=generator)


def classification_evaluator(
    data: ClassificationData,
    options: RecipeOptions = RecipeOptions(),  # noqa: B008  (frozen)
    *,
    quantization: str = "auto",
) -> TaskEvaluator:
    """Return the evaluator with the recipe that suits the data, as far as `options` does not say otherwise.

    `quantization` is `ptq` (after training), `qat` (with further epochs that know the rounding), or `auto`, the
    paper's choice: the first for images, the second for series.

    Raises:
        ConfigurationError: for an unknown quantization, or an option that does not suit the data.
    """
    aware = choose("quantization", quantization, {"auto": not data.is_image, "ptq": False, "qat": True})
    recipe = recipe_for(data, options)
    plan = aware_plan(recipe.epochs) if aware else POST_TRAINING
    return TaskEvaluator(ClassificationTask(data), recipe, quantization=plan)


def scores_by_class(predicted: Tensor, truth: Tensor, num_classes: int) -> ClassScores:
    """Hold predicted class numbers `(N,)` against the true ones."""
    # Takes a second to import; only a finished training needs it.
    from torchmetrics.functional.classification import (  # noqa: PLC0415
        multiclass_confusion_matrix,
        multiclass_f1_score,
        multiclass_recall,
    )

    confusion = multiclass_confusion_matrix(predicted, truth, num_classes)
    recall, f1 = (
        score(predicted, truth, num_classes, average="none") for score in (multiclass_recall, multiclass_f1_score)
    )
    return ClassScores(tuple(map(tuple, confusion.tolist())), tuple(recall.tolist()), tuple(f1.tolist()))


def class_weights(data: ClassificationData) -> Tensor:
    """Return each class's weight in the loss: inverse to its number of training samples, 1 in the mean over samples."""
    counts = torch.bincount(data.train.targets, minlength=data.num_classes)
    return len(data.train) / (data.num_classes * counts.float())
