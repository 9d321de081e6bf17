"""The report: one self-contained page with inline pictures, no script and no network, beside its figures as files."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup
from matplotlib.figure import Figure

from prototypenas.errors import RunDirectoryError
from prototypenas.refinement.step import refined_candidates
from prototypenas.reporting import delivery_tables, tables
from prototypenas.reporting.box_figures import boxes_figure, detections_figure, precision_figure, sizes_figure
from prototypenas.reporting.classifier_figures import confusion_figure
from prototypenas.reporting.classifier_tables import best_classifier, by_class_table, worth_table
from prototypenas.reporting.dataset_section import samples_figure
from prototypenas.reporting.drawing import save_png, svg_text
from prototypenas.reporting.front_figures import MOST_MARKS, front_figure, pairs_figure, parallel_figure
from prototypenas.reporting.importance import importance_figure
from prototypenas.reporting.model_figures import memory_map_figure, training_figure
from prototypenas.reporting.other_choice_sentence import other_choice_sentence
from prototypenas.reporting.refinement_figure import refinement_figure
from prototypenas.reporting.report_data import ReportData
from prototypenas.runs.atomic_files import write_text
from prototypenas.runs.dataset_summary import BoxSummary, DatasetSummary
from prototypenas.types import Candidate, metric_name


@dataclass(frozen=True)
class Picture:
    """A figure, its file's name and the sentence that stands below it."""

    name: str
    figure: Figure
    caption: str

    @cached_property
    def svg(self) -> str:
        """The drawn `<svg>` element; drawing is the slow part of a report, so it is done once."""
        return svg_text(self.figure)


def write_report(report: ReportData, path: Path) -> None:
    """Write the page to `path` and every figure as SVG and PNG to `figures/` beside it.

    The page appears whole or not at all.

    Raises:
        RunDirectoryError: if the disk is full or read-only.
    """
    drawn = list(pictures(report))
    try:
        folder = path.parent / "figures"
        folder.mkdir(parents=True, exist_ok=True)
        for picture in drawn:
            (folder / f"{picture.name}.svg").write_text(picture.svg, encoding="utf-8")
            save_png(picture.figure, folder / f"{picture.name}.png")
    except OSError as error:
        raise RunDirectoryError(f"cannot write the report to {path}: {error.strerror}") from error
    write_text(path, page(report, drawn))


def pictures(report: ReportData) -> Iterator[Picture]:
    """Draw all figures that the report has the data for."""
    selection = report.selection
    yield Picture(
        "front",
        front_figure(_scored(report), selection),
        "Each proxy against FLOPs. Strong marks are the Pareto front of all objectives together, faint ones the other "
        f"scored candidates, {MOST_MARKS} of each at most; the chosen are circled and named by their trial.",
    )
    yield Picture(
        "parallel_coordinates",
        parallel_figure(selection),
        "Every line is a model of the front, scaled so that the best of the front is at the top of each axis.",
    )
    yield Picture("pairs", pairs_figure(selection), "The front projected on every pair of objectives.")
    if report.importance:
        yield Picture(
            "importance",
            importance_figure(report.importance),
            "How much each searched value decides whether a candidate reaches the best tenth, in percent (PED-ANOVA).",
        )
    yield from _training_pictures(report)
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


def _training_pictures(report: ReportData) -> Iterator[Picture]:
    """Draw what the trainings, short and whole, have shown."""
    if any(model.history for model in report.models):
        yield Picture(
            "training",
            training_figure(report.models),
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


def page(report: ReportData, drawn: list[Picture]) -> str:
    """Give the page as text."""
    environment = Environment(
        loader=PackageLoader("prototypenas.reporting"), autoescape=select_autoescape(["html"]), trim_blocks=True
    )
    chosen = report.selection.chosen
    best = best_classifier(report.models)
    return environment.get_template("report.html").render(
        report=report,
        selection=report.selection,
        svg={picture.name: Markup(picture.svg) for picture in drawn},
        captions={picture.name: picture.caption for picture in drawn},
        final=tables.final_table(report.models),
        rejections=tables.rejection_table(report.candidates),
        choice=tables.choice_table(report.selection),
        otherwise=""
        if report.other is None
        else other_choice_sentence(report.other, report.candidates, report.selection.chosen),
        scale=tables.scale_table(report.selection),
        configurations=tables.configuration_table(chosen),
        footprints=tables.footprint_table([model.candidate for model in report.models]),
        sizes=delivery_tables.sizes_table(report.models),
        emulated=delivery_tables.emulation_table(report.models),
        layers=[(model.candidate.number, delivery_tables.instruction_table(model)) for model in report.models],
        notes=delivery_tables.delivery_notes(report.models),
        latency=next((model.latency for model in report.models if model.latency is not None), None),
        classes=None if report.dataset is None else tables.class_table(report.dataset),
        statistics=tables.statistics_rows(report),
        details=tables.details_table(report.models),
        worth=worth_table(report.models, report.references),
        best=best,
        by_class=by_class_table(best, report.dataset.classes) if best and report.dataset else None,
        summary=_summary(report),
    )


def _scored(report: ReportData) -> tuple[Candidate, ...]:
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


def _summary(report: ReportData) -> list[tuple[str, str, str]]:
    """Give the head of the page: a number, what it counts, and a remark."""
    selection, scored = report.selection, [model for model in report.models if model.evaluation]
    cards = [
        (str(len(report.candidates)), "candidates explored", f"{len(selection.front)} on the Pareto front"),
        (str(len(selection.chosen)), "models chosen", f"the choice is {selection.verdict}"),
    ]
    if scored:
        best = max(scored, key=lambda model: model.evaluation.int8_score if model.evaluation else 0.0)
        assert best.evaluation is not None and best.candidate.cost is not None
        cost, score = best.candidate.cost, best.evaluation
        memory = f"{cost.footprint.ram_bytes / 1e3:.0f} + {cost.footprint.rom_bytes / 1e3:.0f} kB"
        cards.append(
            (
                f"{100 * score.int8_score:.1f} %",
                f"best int8 {metric_name(score.metric)}",
                f"trial {best.candidate.number}",
            )
        )
        cards.append((memory, "RAM + ROM of that model", f"{cost.flops / 1e6:.1f} MFLOPs"))
    return cards
