"""All figures of a report, with the sentence that stands below each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from matplotlib.figure import Figure

from prototypenas.refinement.estimated import refined_candidates
from prototypenas.reporting.box_figures import boxes_figure, detections_figure, precision_figure, sizes_figure
from prototypenas.reporting.classifier_figures import confusion_figure
from prototypenas.reporting.classifier_tables import best_classifier
from prototypenas.reporting.dataset_section import samples_figure
from prototypenas.reporting.drawing import svg_text
from prototypenas.reporting.front_figures import MOST_MARKS, front_figure, pairs_figure, parallel_figure
from prototypenas.reporting.importance import importance_figure
from prototypenas.reporting.model_figures import memory_map_figure, training_figure
from prototypenas.reporting.page_figure import themed
from prototypenas.reporting.recommendation import recommend
from prototypenas.reporting.refinement_figure import refinement_figure
from prototypenas.reporting.report_data import ReportData
from prototypenas.reporting.tradeoff_figures import tradeoff_figures
from prototypenas.runs.dataset_summary import BoxSummary, DatasetSummary
from prototypenas.types import Explored, metric_name

TRADEOFF = "tradeoff_"
"""What the names of the figures that draw accuracy against a cost begin with."""


@dataclass(frozen=True)
class Picture:
    """A figure, its file's name and the sentence that stands below it, which also is its alternative text."""

    name: str
    figure: Figure
    caption: str

    @cached_property
    def svg(self) -> str:
        """The drawn `<svg>` element; drawing is the slow part of a report, so it is done once."""
        return svg_text(self.figure)

    @property
    def inline(self) -> str:
        """The same as it stands in the page."""
        return themed(self.svg, self.caption)


def pictures(report: ReportData) -> Iterator[Picture]:
    """Draw all figures that the report has the data for."""
    selection, architectures = report.selection, [one.configuration.architecture for one in report.candidates]
    yield from _tradeoffs(report, architectures)
    yield Picture(
        "front",
        front_figure(scored(report), selection),
        f"Each objective against {selection.objectives[0].label}. Strong marks are the Pareto front of all "
        "objectives together, faint ones the other "
        f"scored candidates, {MOST_MARKS} of each at most; the chosen are circled and named by their trial.",
    )
    yield Picture(
        "parallel_coordinates",
        parallel_figure(report.candidates, selection),
        "Every line is a model of the front, scaled so that the best of the front is at the top of each axis.",
    )
    yield Picture(
        "pairs", pairs_figure(report.candidates, selection), "The front projected on every pair of objectives."
    )
    if report.importance:
        yield Picture(
            "importance",
            importance_figure(report.importance),
            "How much each searched value decides whether a candidate reaches the best tenth, in percent (PED-ANOVA).",
        )
    yield from _training_pictures(report, architectures)
    if report.dataset is not None and report.dataset.boxes is not None:
        yield from _box_pictures(report, report.dataset, report.dataset.boxes)
    elif report.dataset is not None:
        yield Picture(
            "data",
            samples_figure(report.dataset),
            "The first training samples of each class, as stored; where there are many classes, of the first ones.",
        )
        varied = report.dataset.varied
        if varied is not None:
            yield Picture(
                "varied_data",
                samples_figure(replace(report.dataset, samples=varied)),
                "The same samples as training varies them, each drawn once; the network sees them otherwise each time.",
            )
    yield from _memory_maps(report)


def _tradeoffs(report: ReportData, architectures: Sequence[str]) -> Iterator[Picture]:
    """Draw accuracy against what the models cost."""
    found = recommend(report.models)
    if found is None or found.model.evaluation is None:
        return
    recommended, metric = found.model.candidate.number, found.model.evaluation.metric
    for resource, figure in tradeoff_figures(report.models, report.target, architectures, recommended=recommended):
        limit = " The dashed line is the limit." if resource.limit is not None else ""
        bars = "; bars are one standard error" if metric == "accuracy" else ""
        cost = "latency" if resource.unit == "ms" else resource.name
        caption = f"The int8 {metric_name(metric)} against {cost} in {resource.unit}{bars}.{limit}"
        yield Picture(f"{TRADEOFF}{resource.name.lower()}", figure, caption)


def _training_pictures(report: ReportData, architectures: Sequence[str]) -> Iterator[Picture]:
    """Draw what the trainings, short and whole, have shown."""
    if any(model.history for model in report.models):
        yield Picture(
            "training",
            training_figure(report.models, architectures),
            "Epochs count on through all phases; a dotted line marks where quantization-aware training begins.",
        )
    if report.refinement is not None:
        chosen = [one.number for one in report.selection.chosen]
        yield Picture(
            "refinement",
            refinement_figure(report.refinement, report.candidates, chosen),
            "Short trainings by successive halving. Left: what is expected of each candidate after the last rung, with "
            "one standard error; selection counts on the lower end. Right: who went on, the chosen in colour.",
        )
    best = best_classifier(report.models)
    if best is not None and report.dataset is not None:
        yield Picture(
            "confusion",
            confusion_figure(best, report.dataset.classes),
            f"Trial {best.candidate.number}, int8, on the test data: which class is taken for which.",
        )


def scored(report: ReportData) -> tuple[Explored, ...]:
    """Return the candidates with the scores that the selection went by."""
    if report.refinement is None:
        return report.candidates
    return refined_candidates(report.refinement, report.candidates)


def _box_pictures(report: ReportData, dataset: DatasetSummary, boxes: BoxSummary) -> Iterator[Picture]:
    """Draw a detection set, and what each model finds in it."""
    yield Picture(
        "data",
        boxes_figure(dataset.samples, boxes.shown, dataset.classes),
        "The first training pictures as the network gets them, with their boxes.",
    )
    if dataset.varied is not None:
        yield Picture(
            "varied_data",
            boxes_figure(dataset.varied, boxes.varied, dataset.classes),
            "The same pictures as training varies them, each drawn once; the network sees them otherwise each time.",
        )
    yield Picture("box_sizes", sizes_figure(boxes), "How large the training boxes are in the network's input.")
    found = [model for model in report.models if model.detections is not None]
    if found:
        yield Picture(
            "precision",
            precision_figure(found),
            "Precision over recall on the test pictures, at an overlap (IoU) of 0.5.",
        )
    for model in found:
        assert model.detections is not None
        yield Picture(
            f"detections_{model.candidate.number}",
            detections_figure(model.detections, dataset.classes),
            f"Trial {model.candidate.number}, int8, as deployed: the test pictures with the fewest mistakes, some of "
            "the middle and those with the most. The truth is dashed, what was found is solid, with its score in "
            "percent.",
        )


def _memory_maps(report: ReportData) -> Iterator[Picture]:
    for model in report.models:
        if model.plan is not None and model.graph is not None:
            overlaps = len(model.plan.overlaps)
            yield Picture(
                f"memory_{model.candidate.number}",
                memory_map_figure(model.graph, model.plan),
                f"Trial {model.candidate.number}, {model.candidate.configuration.architecture}: every rectangle is a "
                f"tensor, orange the input and the output. {overlaps} operators write over an input they still read.",
            )
