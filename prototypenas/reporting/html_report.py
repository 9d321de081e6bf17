"""The report: one self-contained page with inline pictures and no network, beside its figures as files.

Everything can be read without the page's script, which sorts and filters tables and says which candidate a mark is.
"""

from pathlib import Path

from jinja2 import Environment, PackageLoader, select_autoescape
from markupsafe import Markup

from prototypenas.errors import RunDirectoryError
from prototypenas.reporting import delivery_tables, tables
from prototypenas.reporting.classifier_tables import best_classifier, by_class_table, worth_table
from prototypenas.reporting.drawing import COLOURS, SIGNS, architecture_styles, save_png
from prototypenas.reporting.front_figures import shown
from prototypenas.reporting.other_choice_sentence import other_choice_sentence
from prototypenas.reporting.recommendation import recommend
from prototypenas.reporting.report_data import ReportData
from prototypenas.reporting.report_pictures import TRADEOFF, Picture, pictures, scored
from prototypenas.runs.atomic_files import write_text
from prototypenas.types import metric_name


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


def page(report: ReportData, drawn: list[Picture]) -> str:
    """Return the page as text."""
    environment = Environment(
        loader=PackageLoader("prototypenas.reporting"),
        autoescape=select_autoescape(["html"]),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    chosen = report.selection.chosen
    best, candidates = best_classifier(report.models), scored(report)
    return environment.get_template("report.html").render(
        report=report,
        selection=report.selection,
        svg={picture.name: Markup(picture.inline) for picture in drawn},
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
        recommended=recommend(report.models),
        metric=next((metric_name(one.evaluation.metric) for one in report.models if one.evaluation), ""),
        legend=_legend(report),
        tradeoffs=[picture.name for picture in drawn if picture.name.startswith(TRADEOFF)],
        candidates=tables.candidate_table(shown(candidates, report.selection), report.selection),
    )


def _legend(report: ReportData) -> list[tuple[str, int, str]]:
    """Return name, number of the colour and mark of each architecture among the chosen."""
    styles = architecture_styles([one.configuration.architecture for one in report.candidates])
    chosen = {model.candidate.configuration.architecture for model in report.models}
    return [(name, COLOURS.index(colour), SIGNS[marker]) for name, (colour, marker) in styles.items() if name in chosen]
