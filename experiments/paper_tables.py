"""Writes the paper's Tables 2, 3 and 4 from recorded runs, the paper's value beside ours.

    python -m experiments.paper_tables --runs runs --out experiments/results

A few seconds. Markdown, CSV and LaTeX; `not run` where no run is recorded.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from experiments.one_line import errors_in_one_line
from experiments.paper_values import TABLE_2, TABLE_3, TABLE_4, TABLE_4_COLUMNS, PaperTable
from experiments.rank_correlation import kendall, with_interval
from prototypenas import finished_steps
from prototypenas.runs.model_results import read_evaluation
from prototypenas.runs.run_directory import RunDirectory
from prototypenas.types import Evaluation, Scored

NOT_RUN = "not run"
LOST = "lost"
"""A cell of the paper that its stored text lacks."""
UNKNOWN = "unknown"
"""A figure that the target has no estimate of."""
BOLD = "**"

Rows = list[list[str]]


@dataclass(frozen=True)
class Recorded:
    """The selected models of one run on one data set, by ascending FLOPs."""

    candidates: tuple[Scored, ...]
    evaluations: tuple[Evaluation, ...]


def recorded_runs(root: Path) -> dict[str, Recorded]:
    """Find every finished evaluation below a folder of runs, by data set."""
    found: dict[str, Recorded] = {}
    for file in sorted(root.glob("*/run.json")):
        for seen in RunDirectory.open(file.parent).datasets():
            chosen = sorted(finished_steps.selected(seen.run).chosen, key=lambda one: one.cost.flops)
            evaluations = [read_evaluation(seen.model(one.number)) for one in chosen]
            finished = tuple(one for one in evaluations if one is not None)
            if len(finished) == len(chosen):
                found[seen.name] = Recorded(tuple(chosen), finished)
    return found


def accuracy_table(table: PaperTable, runs: Mapping[str, Recorded]) -> Rows:
    """Table 2 or 3: a row a data set and a row a cost, five columns of the paper and five of ours.

    The best accuracy of each row is bold on either side. Latency and energy of ours are estimates; of the paper's cells
    its text has lost all but what is reported second-hand.
    """
    header = ["", *(f"paper {trial} {name}" for trial, name in zip(table.trials, table.architectures, strict=True))]
    rows: Rows = [header + [f"ours {place}" for place in range(1, len(table.trials) + 1)]]
    for dataset, values in table.accuracy.items():
        run = runs.get(dataset)
        ours = None if run is None else [_one(100 * evaluation.int8_score) for evaluation in run.evaluations]
        rows.append(
            [f"{dataset} [%]", *(_best_bold(list(map(_one, values))) or ()), *_filled(_best_bold(ours), len(values))]
        )
    shared = next((runs[dataset] for dataset in table.accuracy if dataset in runs), None)
    costs: Sequence[tuple[str, tuple[float | None, ...], Callable[[Scored], float | None]]] = (
        ("Compute [MFLOPs]", table.mflops, lambda one: one.cost.flops / 1e6),
        ("ROM [kB]", table.rom_kb, lambda one: one.cost.footprint.rom_bytes / 1000),
        ("RAM [kB]", table.ram_kb, lambda one: one.cost.footprint.ram_bytes / 1000),
        ("Latency [ms]", table.latency_ms, lambda one: one.cost.latency_ms),
        ("Energy [mJ]", table.energy_mj, lambda one: one.cost.energy_mj),
    )
    for name, printed, value in costs:
        paper = [LOST if one is None else _one(one) for one in printed]
        figures = None if shared is None else [value(candidate) for candidate in shared.candidates]
        ours = None if figures is None else [UNKNOWN if figure is None else _one(figure) for figure in figures]
        rows.append([name, *paper, *_filled(ours, len(printed))])
    return rows


def correlation_table(runs: Mapping[str, Recorded]) -> Rows:
    """Table 4: Kendall's tau of each proxy with the quantized accuracy, ours with its 95 % interval.

    With five models an interval is wide; it is there to say so.
    """
    rows: Rows = [["", *(f"paper {name}" for name in TABLE_4_COLUMNS), *(f"ours {name}" for name in TABLE_4_COLUMNS)]]
    for dataset, values in TABLE_4.items():
        run = runs.get(dataset)
        ours = None if run is None else [_tau(run, name) for name in TABLE_4_COLUMNS]
        rows.append([dataset, *(f"{value:.1f}" for value in values), *_filled(ours, len(values))])
    return rows


def as_markdown(rows: Rows) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * len(rows[0]), *lines[1:]]) + "\n"


def as_csv(rows: Rows) -> str:
    """Return comma-separated values; no cell holds a comma, and none is bold."""
    return "\n".join(",".join(cell.replace(",", ";").replace(BOLD, "") for cell in row) for row in rows) + "\n"


def as_latex(rows: Rows) -> str:
    """Return a LaTeX tabular with the booktabs rules."""
    lines = [" & ".join(_latex_cell(cell) for cell in row) + r" \\" for row in rows]
    head = rf"\begin{{tabular}}{{l{'r' * (len(rows[0]) - 1)}}}"
    return "\n".join([head, r"\toprule", lines[0], r"\midrule", *lines[1:], r"\bottomrule", r"\end{tabular}"]) + "\n"


def _latex_cell(cell: str) -> str:
    text = cell.replace("%", r"\%").replace("_", r"\_")
    return rf"\textbf{{{text.strip('*')}}}" if text.startswith(BOLD) else text


def write_tables(runs: Mapping[str, Recorded], out: Path) -> None:
    """Write all three tables in all three forms."""
    out.mkdir(parents=True, exist_ok=True)
    tables = {2: accuracy_table(TABLE_2, runs), 3: accuracy_table(TABLE_3, runs), 4: correlation_table(runs)}
    forms: Mapping[str, Callable[[Rows], str]] = {"md": as_markdown, "csv": as_csv, "tex": as_latex}
    for number, rows in tables.items():
        for suffix, form in forms.items():
            (out / f"table_{number}.{suffix}").write_text(form(rows), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, write the tables, show them."""
    parser = argparse.ArgumentParser(description="The paper's tables from recorded runs.")
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--out", type=Path, default=Path("experiments/results"))
    options = parser.parse_args(arguments)
    write_tables(recorded_runs(options.runs), options.out)
    for number in (2, 3, 4):
        print((options.out / f"table_{number}.md").read_text(encoding="utf-8"))


def _tau(run: Recorded, name: str) -> str:
    accuracies = np.asarray([evaluation.int8_score for evaluation in run.evaluations])
    scores = np.asarray([_score(one, name) for one in run.candidates])
    if len(scores) < 3 or np.isnan(scores).any() or np.ptp(accuracies) == 0 or np.ptp(scores) == 0:
        return "undefined"
    found = with_interval(kendall, scores, accuracies)
    return f"{found.value:.1f} [{found.low:.1f} {found.high:.1f}]"


def _score(candidate: Scored, name: str) -> float:
    if name == "flops":
        return candidate.cost.flops
    # A run with the default proxies has MeCo in its cheaper form only.
    substitute = candidate.scores.get("meco_opt", np.nan) if name == "meco" else np.nan
    return candidate.scores.get(name, substitute)


def _best_bold(cells: Sequence[str] | None) -> list[str] | None:
    """Mark the greatest of some numbers, and what equals it."""
    if not cells:
        return None
    best = max(map(float, cells))
    return [f"{BOLD}{cell}{BOLD}" if float(cell) == best else cell for cell in cells]


def _filled(ours: Sequence[str] | None, count: int) -> list[str]:
    cells = list(ours or [])[:count]
    return cells + [NOT_RUN] * (count - len(cells))


def _one(value: float) -> str:
    return f"{value:.1f}"


if __name__ == "__main__":
    with errors_in_one_line():
        main()
