"""Draws the paper's Fig. 5 from runs of `experiments.coco_persons`: mAP50 against MFLOPs, and against RAM.

The second has the detectors of STM32's model zoo as hollow marks; their MACs are not published, their RAM is.

    python -m experiments.detection_figure runs/paper-coco-persons-128 runs/paper-coco-persons-320

Writes the figure and a CSV. What the paper reports is known second-hand only and drawn as a band. A few seconds.
"""

import argparse
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from experiments.coco_persons import PICTURES
from experiments.one_line import errors_in_one_line
from experiments.paper_values import FIGURE_5, ZOO_DETECTORS
from prototypenas import finished_steps
from prototypenas.costing.targets import load_targets
from prototypenas.reporting.drawing import COLOURS, MARKERS, house_style, save_png, svg_text
from prototypenas.reporting.report_data import ModelResult
from prototypenas.runs.dataset_summary import read_summary
from prototypenas.runs.run_directory import RunDirectory
from prototypenas.types import Cost

WHOLE_EPOCHS = 100
KIB = 1024
COLUMNS = (
    *("size", "pictures", "epochs", "seed", "trial", "mflops", "ram_bytes", "rom_bytes", "latency_ms"),
    *("float", "int8", "c", "int8_small", "command"),
)
"""Latency is an estimate for the experiment's target, where one can be given; scores are mAP50 in `[0, 1]`."""


@dataclass(frozen=True)
class Panel:
    """One experiment, ready to be drawn."""

    size: int
    pictures: int
    epochs: int
    models: tuple[ModelResult, ...]
    seed: int = 0
    command: str = ""
    """What the experiment was made with."""

    @property
    def title(self) -> str:
        """Say what was trained on; `as the paper` only where it was all of it."""
        whole = self.pictures == PICTURES[0] and self.epochs == WHOLE_EPOCHS
        extent = ", as the paper" if whole else ""
        epochs = "1 epoch" if self.epochs == 1 else f"{self.epochs} epochs"
        return f"{self.size} pixels, {self.pictures:,} pictures, {epochs}{extent}"


def panel_of(path: Path) -> Panel:
    """Read a finished experiment.

    Raises:
        RunDirectoryError: if it is not finished.
    """
    run = RunDirectory.open(path)
    seen, explored = run.dataset("coco-persons"), run.exploration()
    summary = read_summary(seen.path)
    pictures = summary.boxes.pictures[0] if summary is not None and summary.boxes is not None else 0
    models = finished_steps.results(seen, load_targets()[explored.target])
    size, trained, asked = explored.input_shape[1], seen.arguments(), run.arguments()
    command = f"python -m experiments.coco_persons --data-dir COCO --size {size} --subset {trained['subset']:g}"
    command += f" --trials {asked['trials']} --epochs {trained['epochs']} --seed {asked['seed']}"
    return Panel(size, pictures, int(trained["epochs"]), tuple(models), int(asked["seed"]), command)


def detection_figure(panels: Sequence[Panel]) -> Figure:
    """Draw two panels an experiment, MFLOPs above and RAM below."""
    with house_style():
        figure = Figure(figsize=(5.2 * len(panels), 7.2), layout="constrained")
        grid = figure.subplots(2, len(panels), squeeze=False)
        for column, panel in enumerate(panels):
            _draw_flops(grid[0][column], panel)
            _draw_ram(grid[1][column], panel)
    return figure


def _draw_flops(axes: Axes, panel: Panel) -> None:
    done = _finished(panel)
    axes.scatter([cost.flops / 1e6 for cost, _ in done], [score for _, score in done], color=COLOURS[0], zorder=3)
    low, high, words = FIGURE_5[panel.size]
    axes.axhspan(low, high, color=COLOURS[1], alpha=0.2, label=f"paper, second-hand: {words}")
    _set_log_scale(axes)
    axes.set_xlabel("MFLOPs")
    axes.set_ylabel("mAP50 at an overlap of 0.5, int8 [%]")
    axes.set_title(panel.title, fontsize=9)
    axes.legend(fontsize=7)


def _draw_ram(axes: Axes, panel: Panel) -> None:
    done = _finished(panel)
    memory = [cost.footprint.ram_bytes / KIB for cost, _ in done]
    axes.scatter(memory, [score for _, score in done], color=COLOURS[0], label="ours, planned", zorder=3)
    for place, name in enumerate(dict.fromkeys(name for name, *_ in ZOO_DETECTORS)):
        rows = [row for row in ZOO_DETECTORS if row[0] == name]
        colour, marker, label = COLOURS[2 + place], MARKERS[1 + place], f"STM32 zoo, {name}"
        marks = ([ram for *_, ram, _ in rows], [percent for _, _, percent, *_ in rows])
        axes.scatter(*marks, facecolors="none", edgecolors=colour, marker=marker, label=label)
        for _, side, percent, ram, _ in rows:
            axes.annotate(f"{side}", (ram, percent), textcoords="offset points", xytext=(4, 3), fontsize=6)
    _set_log_scale(axes)
    axes.set_xlabel("RAM [KiB]; the zoo's input in pixels beside its marks")
    axes.set_ylabel("mAP50 at an overlap of 0.5, int8 [%]")
    axes.legend(fontsize=6, ncols=2, loc="upper center", bbox_to_anchor=(0.5, -0.15))


def _set_log_scale(axes: Axes) -> None:
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def _finished(panel: Panel) -> list[tuple[Cost, float]]:
    """Return cost and int8 score in percent of the models that were trained."""
    return [
        (model.candidate.cost, 100 * model.evaluation.int8_score)
        for model in panel.models
        if model.evaluation is not None
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and write figure and table."""
    parser = argparse.ArgumentParser(description="The paper's Fig. 5 from recorded runs.")
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, default=Path("experiments/results"))
    options = parser.parse_args(arguments)
    panels = [panel_of(path) for path in options.runs]
    options.out.mkdir(parents=True, exist_ok=True)
    figure = detection_figure(panels)
    (options.out / "figure_5.svg").write_text(svg_text(figure), encoding="utf-8")
    save_png(figure, options.out / "figure_5.png")
    with (options.out / "figure_5.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(row for panel in panels for row in table_rows(panel))
    print(options.out / "figure_5.svg")


def table_rows(panel: Panel) -> list[tuple[object, ...]]:
    """Return a row a model: sizes in bytes, scores in `[0, 1]`."""
    rows: list[tuple[object, ...]] = []
    for model in panel.models:
        cost, evaluation = model.candidate.cost, model.evaluation
        if evaluation is not None:
            memory = (cost.footprint.ram_bytes, cost.footprint.rom_bytes)
            latency = None if model.latency is None else round(model.latency.latency_ms, 1)
            scores = (evaluation.float_score, evaluation.int8_score, model.c_score)
            trial = (panel.size, panel.pictures, panel.epochs, panel.seed, model.candidate.number)
            small = evaluation.details.get("AP50 small")
            rows.append((*trial, cost.flops / 1e6, *memory, latency, *scores, small, panel.command))
    return rows


if __name__ == "__main__":
    with errors_in_one_line():
        main()
