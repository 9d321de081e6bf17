"""Detection as a task: boxes are learnt by YOLOv5's loss and scored by mAP50."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from evaluators.augmentation import Augmentation
from evaluators.data_task import DataTask
from evaluators.datasets.boxed_pictures import BoxedPictures, DetectionData
from evaluators.detection.assignment import Targets
from evaluators.detection.average_precision import average_precision, best_threshold, precision_and_recall
from evaluators.detection.box_augmentation import SMALL_INPUT, STILL, BoxAugmentation, targets_of
from evaluators.detection.detection_examples import detection_examples
from evaluators.detection.detections import Detections, float_detections, int8_detections
from evaluators.detection.loss import DetectionLoss
from evaluators.evaluator import TaskEvaluator
from evaluators.quantizing import CALIBRATION_SEED, POST_TRAINING, aware_plan, simulated_outputs
from evaluators.suitable_augmentation import AUTO, NONE
from evaluators.training.recipe import Recipe
from evaluators.training.suitable_recipe import STEPS_WANTED, RecipeOptions, recipe_of_size
from evaluators.training.validation import SPLIT_SEED
from prototypenas.choices import choose
from prototypenas.detection.anchors import ChosenAnchors, chosen_anchors
from prototypenas.detection.decode import DEPLOYED, EVALUATED
from prototypenas.detection.head import DetectionHead, head_for
from prototypenas.errors import ConfigurationError
from prototypenas.evidence.probes import Outputs
from prototypenas.graph.graph import Graph, IntegerGraph
from prototypenas.graph.lowering import lower
from prototypenas.prototype import Prototype
from prototypenas.runs.detection_results import write_detections
from prototypenas.types import Batch, Preparation, Probe

MOSAIC_UNTIL = 0.9
"""Share of the epochs after which single pictures are shown as they will be met."""
EVALUATION_BATCH = 64
BATCH_SIZE, SMALLEST_BATCH = 64, 16
LEARNING_RATE = 0.01
"""YOLOv5's, for a loss that is multiplied by the batch."""
AVERAGE_DECAY, AVERAGE_RAMP = 0.9999, 2_000.0
"""YOLOv5's: the average of the weights begins as their last value and reaches back further and further."""
PROBE_COLUMNS = 5
"""Of the probe's targets: class and corners."""


@dataclass(frozen=True)
class DetectionTask(DataTask[BoxedPictures]):
    """Find the objects of a detection set."""

    data: DetectionData
    augmentation: BoxAugmentation
    anchors: ChosenAnchors
    metric: str = "map50"

    @property
    def preparation(self) -> Preparation | None:
        """Pixels are divided by 255."""
        channels = self.data.input_shape[0]
        return Preparation((0.0,) * channels, (255.0,) * channels, True, self.data.input_shape, self.data.classes)

    @property
    def loss(self) -> DetectionLoss:
        """What is lost on raw outputs."""
        return DetectionLoss(self.anchors.levels, self.num_classes, self.input_shape)

    def digest(self) -> str:
        """Equal for equal pictures, boxes, split, augmentation and anchors."""
        return f"{self.data.digest()} {self.augmentation} {self.anchors.levels}"

    def check_network(self, network: Prototype) -> None:
        """Refuse a network whose outputs are no levels of this head.

        Raises:
            ConfigurationError: naming what is wrong.
        """
        self.head(lower(network, self.input_shape))

    def check_recipe(self, recipe: Recipe) -> None:
        """Refuse what only classification knows.

        Raises:
            ConfigurationError: naming it.
        """
        if recipe.augmentation != Augmentation():
            raise ConfigurationError(
                "pictures of a detector are varied with their boxes; no other augmentation is known"
            )
        if recipe.mixup_alpha or recipe.cutmix_alpha or recipe.label_smoothing or recipe.balanced_classes:
            raise ConfigurationError("mixup, cutmix, label smoothing and class weights are for classification")

    def divided(self, share: float) -> tuple[BoxedPictures, BoxedPictures | None]:
        """Hold out a share of the pictures by a fixed seed."""
        count = round(share * len(self.train))
        if count == 0:
            return self.train, None
        order = torch.randperm(len(self.train), generator=torch.Generator().manual_seed(SPLIT_SEED))
        return self.train.at(order[count:].sort().values), self.train.at(order[:count].sort().values)

    def prepared(self, batch: BoxedPictures) -> Tensor:
        """Return a batch's pictures as the network takes them, in 0 to 1."""
        return _as_input(batch.pictures)

    def varied_loss(
        self, network: nn.Module, batch: BoxedPictures, recipe: Recipe, generator: torch.Generator, done: float
    ) -> tuple[Tensor, Tensor | None]:
        """Vary pictures and boxes and give YOLOv5's loss."""
        varied = self.augmentation if done < MOSAIC_UNTIL else self.augmentation.without_mosaic()
        pictures, targets = varied(batch, generator)
        inputs = _as_input(pictures).contiguous(memory_format=torch.channels_last)
        return self._loss_of(network, inputs, targets), None

    def summed_loss(self, network: nn.Module, batch: BoxedPictures) -> Tensor:
        """Return the loss of a batch as it is, summed over its pictures."""
        return self._loss_of(network, self.prepared(batch), targets_of(batch))

    def score(self, network: nn.Module, part: BoxedPictures) -> float:
        """Return the mAP50 of a network, decoded in float."""
        return average_precision(self._found(network, part), part).map50

    def int8_score(self, graph: IntegerGraph, outputs: NDArray[np.int8], part: BoxedPictures) -> float:
        """Return the mAP50 of int8 outputs, decoded by the integer arithmetic of the C."""
        found = int8_detections(graph, self.head(graph), outputs, part, EVALUATED)
        return average_precision(found, part).map50

    def details(self, graph: IntegerGraph, outputs: NDArray[np.int8], part: BoxedPictures) -> Mapping[str, float]:
        """Return precision by size and by overlap of int8 outputs, and precision and recall as deployed."""
        head = self.head(graph)
        found = average_precision(int8_detections(graph, head, outputs, part, EVALUATED), part, all_overlaps=True)
        deployed = int8_detections(graph, head, outputs, part, DEPLOYED)
        precision, recall = precision_and_recall(deployed, part, DEPLOYED.threshold)
        details = {
            "AP50 small": found.small,
            "AP50 medium": found.medium,
            "AP50 large": found.large,
            "AP50-95": found.map50_95,
            "recall of 100": found.recall,
            f"precision at {DEPLOYED.threshold:g}": precision,
            f"recall at {DEPLOYED.threshold:g}": recall,
        }
        return {name: value for name, value in details.items() if value is not None}

    def tuned(self, graph: IntegerGraph, held_out: BoxedPictures) -> Mapping[str, float]:
        """Return the least score from which on boxes are best kept, by their F1 on held-out pictures."""
        outputs = simulated_outputs(graph, self, held_out)
        every = replace(DEPLOYED, threshold=EVALUATED.threshold)
        threshold, f1 = best_threshold(int8_detections(graph, self.head(graph), outputs, held_out, every), held_out)
        return {"score of the best F1, held out": threshold, "best F1, held out": f1}

    def class_scores(self, graph: IntegerGraph, outputs: NDArray[np.int8], part: BoxedPictures) -> None:
        """Return `None`: a picture is of no one class."""

    def keep_examples(
        self, network: nn.Module, graph: IntegerGraph, outputs: NDArray[np.int8], directory: Path
    ) -> None:
        """Write what a report draws of the test part: pictures with boxes, precision at every recall."""
        in_int8 = list(int8_detections(graph, self.head(graph), outputs, self.test, EVALUATED))
        examples = detection_examples(list(self._found(network, self.test)), in_int8, self.test, DEPLOYED.threshold)
        write_detections(examples, directory)

    def head(self, graph: Graph) -> DetectionHead:
        """Return what the outputs of a network mean.

        Raises:
            InvalidConfiguration: if they are no levels of this head.
        """
        return head_for(graph, self.anchors.levels, self.data.classes)

    def calibration_inputs(self, count: int) -> list[Tensor]:
        """Draw pictures by a fixed seed, every second of those with the most boxes."""
        some = min(count, len(self.train))
        crowded = self.train.first.diff().argsort(descending=True, stable=True)[: some // 2]
        order = torch.randperm(len(self.train), generator=torch.Generator().manual_seed(CALIBRATION_SEED))
        others = order[~torch.isin(order, crowded)][: some - len(crowded)]
        drawn = self.train.at(torch.cat((crowded, others)).sort().values)
        return [self.prepared(batch) for batch in drawn.batches(64)]

    def probe(self, *, batch_size: int, seed: int) -> Probe:
        """Draw one lone picture and two batches of the training part, with the detector's own loss."""
        lone, batches = self.drawn(batch_size, seed)
        padded = tuple(self._probe_batch(batch) for batch in batches)
        return Probe(sample=self.prepared(lone), batches=padded, loss=PaddedLoss(self.loss))

    def _probe_batch(self, part: BoxedPictures) -> Batch:
        """Pad the boxes of all pictures to the same number, class -1 standing for none."""
        targets = targets_of(part)
        counts = torch.bincount(targets.owners, minlength=len(part))
        padded = torch.full((len(part), max(1, int(counts.max())), PROBE_COLUMNS), -1.0)
        starts = counts.cumsum(0) - counts
        place = torch.arange(len(targets.owners)) - starts[targets.owners]
        padded[targets.owners, place] = torch.cat((targets.labels[:, None].float(), targets.boxes), dim=1)
        return Batch(self.prepared(part), padded)

    def _loss_of(self, network: nn.Module, inputs: Tensor, targets: Targets) -> Tensor:
        outputs = network(inputs)
        # Exponentials and small differences of boxes want float32, whatever the network computes in.
        return self.loss([output.float() for output in outputs], targets)

    def _found(self, network: nn.Module, part: BoxedPictures) -> Iterator[Detections]:
        was_training = network.training
        network.eval()
        device = next(network.parameters()).device
        with torch.no_grad():
            for batch in part.batches(EVALUATION_BATCH):
                outputs = network(self.prepared(batch).to(device))
                levels = [output.float() for output in outputs]
                yield from float_detections(levels, self.loss, batch.letterboxes, EVALUATED)
        network.train(was_training)


@dataclass(frozen=True)
class PaddedLoss:
    """The loss of a probe, whose boxes are padded to `(N, M, 5)`: class, or -1 for none, and corners."""

    loss: DetectionLoss

    def __call__(self, outputs: Outputs, targets: Tensor) -> Tensor:
        """Return the mean loss of a picture."""
        there = targets[..., 0] >= 0
        owners = there.nonzero()[:, 0]
        rows = targets[there]
        return self.loss(list(outputs), Targets(owners, rows[:, 1:], rows[:, 0].long())) / len(targets)


def detection_task(data: DetectionData, augmentation: BoxAugmentation | None = None) -> DetectionTask:
    """Return the task with anchors that suit the data, and YOLOv5's augmentation as far as it suits them."""
    boxes = data.train.boxes[data.train.learnable].numpy()
    side = max(data.input_shape[1:])
    usual = BoxAugmentation(flip=0.5 if data.flip else 0.0, mosaic=1.0 if side >= SMALL_INPUT else 0.5)
    return DetectionTask(data, augmentation or usual, chosen_anchors(boxes[:, 2:] - boxes[:, :2], side))


def detection_recipe(pictures: int, options: RecipeOptions) -> Recipe:
    """Return YOLOv5's recipe; its batch of 64 is halved, not below 16, until a pass has enough steps."""
    batch = BATCH_SIZE
    while batch > SMALLEST_BATCH and pictures // batch < STEPS_WANTED:
        batch //= 2
    asked = replace(
        options,
        batch_size=options.batch_size or batch,
        learning_rate=options.learning_rate or LEARNING_RATE,
        early_stopping=options.early_stopping or 0,
    )
    return replace(
        recipe_of_size(pictures, asked),
        momentum=0.937,
        warmup_epochs=3.0,
        gradient_norm=10.0,
        average_decay=AVERAGE_DECAY,
        average_ramp=AVERAGE_RAMP,
    )


def detection_evaluator(
    data: DetectionData,
    options: RecipeOptions = RecipeOptions(),  # noqa: B008  (frozen)
    *,
    quantization: str = "auto",
) -> TaskEvaluator:
    """Return the evaluator of the paper's defaults: YOLOv5's recipe, quantization after training.

    `quantization` is `ptq`, `qat` (with further epochs that know the rounding), or `auto`, which is `ptq`.

    Raises:
        ConfigurationError: for an unknown quantization, or an option that does not suit a detector.
    """
    aware = choose("quantization", quantization, {"auto": False, "ptq": False, "qat": True})
    if options.augment not in ((AUTO,), (NONE,)):
        asked = ",".join(options.augment)
        raise ConfigurationError(f"augmentation {asked!r} is unknown for pictures with boxes; give {AUTO} or {NONE}")
    task = detection_task(data, STILL if options.augment == (NONE,) else None)
    recipe = detection_recipe(len(data.train), options)
    task.check_recipe(recipe)
    plan = aware_plan(recipe.epochs) if aware else POST_TRAINING
    return TaskEvaluator(task, recipe, quantization=plan)


def _as_input(pictures: Tensor) -> Tensor:
    return pictures.float() / 255
