"""What is done with a data set of any kind: the evaluator that suits it, and what a report shows of it."""

from dataclasses import replace

from evaluators.classification import ClassificationTask, classification_evaluator
from evaluators.datasets.boxed_pictures import DetectionData
from evaluators.datasets.source import Data
from evaluators.detection.box_summary import box_summary
from evaluators.detection.detection_task import DetectionTask, detection_evaluator
from evaluators.evaluator import TaskEvaluator
from evaluators.reference_classifiers import ReferenceClassifiers
from evaluators.training.suitable_recipe import RecipeOptions
from evaluators.training.summary import summary_of
from prototypenas.runs.dataset_summary import DatasetSummary


def evaluator_for(
    data: Data,
    options: RecipeOptions = RecipeOptions(),  # noqa: B008  (frozen)
    *,
    quantization: str = "auto",
) -> TaskEvaluator:
    """Return the evaluator that suits the data, as far as `options` and `quantization` do not say otherwise.

    Raises:
        ConfigurationError: for an unknown quantization, or an option that does not suit the data.
    """
    if isinstance(data, DetectionData):
        return detection_evaluator(data, options, quantization=quantization)
    return classification_evaluator(data, options, quantization=quantization)


def summary_for(evaluator: TaskEvaluator) -> DatasetSummary:
    """Return what a report shows of an evaluator's data and training."""
    task = evaluator.task
    if isinstance(task, DetectionTask):
        summary = box_summary(task, evaluator.recipe)
    else:
        assert isinstance(task, ClassificationTask)  # there is no third kind
        summary = summary_of(task.data, evaluator.recipe)
    epochs = evaluator.quantization.aware_epochs
    return (
        replace(summary, training=f"{summary.training}; then {epochs} quantization-aware epochs") if epochs else summary
    )


def references_for(evaluator: TaskEvaluator) -> ReferenceClassifiers | None:
    """Return the simple classifiers on an evaluator's data; `None` where there are boxes, not classes."""
    task = evaluator.task
    return ReferenceClassifiers(task.data) if isinstance(task, ClassificationTask) else None
