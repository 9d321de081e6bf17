"""The paper's Fig. 6(b): all networks of NATS-Bench above 70 % on CIFAR-10, beside the paper's five, and their memory.

    python -m experiments.nats_bench_figure --data nats_bench/tss.csv --out experiments/results

Reads accuracies (200 epochs, 32 pixels, published) and our prices (`experiments.nats_bench_prices`). NATS-Bench calls
multiply-accumulates FLOPs; the paper counts two FLOPs each: here every series is 2 x MACs. The paper's five are those
of its Table 2, 100 epochs after ImageNet at 128 pixels; it drew them at a smaller size, which its text has lost. Panels
for RAM and ROM show what the figure lacks, with what exceeds the i.MX RT1062 in grey.

With `--size-space FILE` also the size space: a CSV of `channels,accuracy`, as `8:8:16:40:40,84.3`, which
`nats_bench.create(path, "sss")` gives by `api.arch(i)` and `api.get_more_info(i, "cifar10", hp="90")["test-accuracy"]`.
Writes the figure and `nats_bench_by_flops.csv`, the aggregates that `experiments.paper_claims` reads. Seconds.
"""

import argparse
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.nats_bench_cells import published_macs
from experiments.nats_bench_prices import CLASSES, SHAPE, read_cells, read_prices
from experiments.one_line import errors_in_one_line
from experiments.own_space import RESULTS
from experiments.paper_values import TABLE_2
from prototypenas.costing.targets import load_targets
from prototypenas.errors import DatasetError
from prototypenas.reporting.drawing import COLOURS, FAINT, MARKERS, house_style, save_png, svg_text
from prototypenas.runs.atomic_files import write_text

LEAST_ACCURACY = 70.0
"""Percent; the paper draws networks above it."""
SIMILAR = 0.1
"""By which share the FLOPs of networks may differ to be compared."""
AGGREGATES = "nats_bench_by_flops.csv"


def joined(cells: pd.DataFrame, prices: pd.DataFrame) -> pd.DataFrame:
    """Return a row a cell: accuracy, MFLOPs by our graph and as NATS-Bench counts them, bytes of RAM and ROM.

    Raises:
        DatasetError: if a network was not priced.
    """
    first = cells.drop_duplicates("unique_str")[["unique_str", "index"]].rename(columns={"index": "first"})
    priced = prices.drop(columns="published_macs").rename(columns={"index": "first"})
    table = cells.merge(first, on="unique_str").merge(priced, on="first", how="left")
    lacking = int(table["macs"].isna().sum())
    if lacking:
        raise DatasetError(f"{lacking:,} of {len(table):,} cells have no price; run experiments.nats_bench_prices")
    published = [published_macs(str(cell), CLASSES) for cell in table["arch_str"]]
    return pd.DataFrame(
        {
            "accuracy": table["cifar10_test_200"],
            "mflops": 2e-6 * table["macs"],
            "published_mflops": 2e-6 * np.array(published),
            "ram_bytes": table["ram_bytes"],
            "rom_bytes": table["rom_bytes"],
        }
    )


def read_size_space(path: Path) -> pd.DataFrame:
    """Read accuracies of the size space and add its networks' MFLOPs, in the columns of `joined` without memory.

    Raises:
        DatasetError: for a file of another form.
    """
    try:
        table = pd.read_csv(path)
        widths = [tuple(int(width) for width in str(text).split(":")) for text in table["channels"]]
        accuracy = table["accuracy"].astype(float)
    except (OSError, KeyError, ValueError) as error:
        raise DatasetError(f"{path} is no table of channels (8:8:16:40:40) and accuracy: {error}") from error
    wrong = [width for width in widths if len(width) != 5 or min(width) < 1]
    if wrong or accuracy.max() <= 1.0:
        raise DatasetError(
            f"{path}: five positive widths and percent are needed; found {wrong[:1] or ''} and accuracies up to "
            f"{accuracy.max():g}"
        )
    mflops = [2e-6 * size_macs(width) for width in widths]
    return pd.DataFrame({"accuracy": accuracy, "mflops": mflops, "published_mflops": mflops})


def size_macs(widths: Sequence[int], side: int = SHAPE[1]) -> int:
    """Return the multiply-accumulates of all convolutions of a network of the size space, from its widths alone.

    As NATS-Bench counts; our graph has those of the last normalisation besides, one an element of the last map.
    """
    first, reduced, second, again, third = widths
    total = 3 * first * 9 * side**2 + third * CLASSES
    inputs = first
    for reduction, width in ((None, first), (reduced, second), (again, third)):
        if reduction is not None:
            side //= 2
            total += (9 * inputs + 9 * reduction + inputs) * reduction * side**2
            inputs = reduction
        # Two convolutions and a skip, which is one where widths differ, read the cell's input; three a later node.
        skipped = 0 if inputs == width else inputs
        total += (2 * 9 * inputs + skipped + 3 * 9 * width) * width * side**2
        inputs = width
    return total


def aggregates(table: pd.DataFrame) -> pd.DataFrame:
    """Compare each of the paper's five with the networks of NATS-Bench at its cost.

    `best_at_most`: of networks with no more FLOPs; `mean_similar` and `best_similar`: with FLOPs within 10 %;
    `best_unconverted`: with no more where multiply-accumulates are taken for FLOPs.
    """
    rows = []
    for trial, mflops, paper in zip(TABLE_2.trials, TABLE_2.mflops, TABLE_2.accuracy["cifar10"], strict=True):
        similar = table[(table["mflops"] / mflops - 1).abs() <= SIMILAR]["accuracy"]
        above = similar[similar > LEAST_ACCURACY]
        rows.append(
            {
                "trial": trial,
                "mflops": mflops,
                "paper": paper,
                "similar": len(similar),
                "mean_similar": above.mean(),
                "best_similar": similar.max(),
                "best_at_most": table[table["mflops"] <= mflops]["accuracy"].max(),
                "best_unconverted": table[table["mflops"] / 2 <= mflops]["accuracy"].max(),
                "above_70": int((table["accuracy"] > LEAST_ACCURACY).sum()),
            }
        )
    return pd.DataFrame(rows).round(2)


def nats_figure(table: pd.DataFrame, sizes: pd.DataFrame | None = None) -> Figure:
    """Draw accuracy against MFLOPs, RAM and ROM."""
    budget = load_targets()["imxrt1062"].budget
    shown = table[table["accuracy"] > LEAST_ACCURACY]
    limits = {"ram_bytes": budget.ram_bytes or np.inf, "rom_bytes": budget.rom_bytes or np.inf}
    fits = (shown["ram_bytes"] <= limits["ram_bytes"]) & (shown["rom_bytes"] <= limits["rom_bytes"])
    with house_style():
        figure = Figure(figsize=(11.0, 4.0), layout="constrained")
        panels = figure.subplots(1, 3, sharey=True)
        for axes, column, label in zip(
            panels,
            ("mflops", "ram_bytes", "rom_bytes"),
            ("MFLOPs (2 x MACs)", "RAM [kB]", "ROM [kB]"),
            strict=True,
        ):
            scale = 1.0 if column == "mflops" else 1e-3
            _cloud(
                axes, shown[fits], column, scale, colour=COLOURS[0], label=f"topology space, {len(shown):,} above 70 %"
            )
            _cloud(axes, shown[~fits], column, scale, colour=FAINT, label="does not fit the i.MX RT1062")
            axes.set_xlabel(label)
        if sizes is not None:
            above = sizes[sizes["accuracy"] > LEAST_ACCURACY]
            _cloud(panels[0], above, "mflops", 1.0, colour=COLOURS[2], label=f"size space, {len(above):,} above 70 %")
        _paper(panels)
        panels[0].set_ylabel("CIFAR-10 test accuracy [%]")
        panels[0].legend(fontsize=7, loc="lower right")
    return figure


def main(arguments: Sequence[str] | None = None) -> pd.DataFrame:
    """Write the figure and the aggregates, and print them."""
    options = _parser().parse_args(arguments)
    table = joined(read_cells(options.data), read_prices(options.prices))
    sizes = read_size_space(options.size_space) if options.size_space else None
    found = aggregates(table)
    text = io.StringIO()
    found.to_csv(text, index=False, lineterminator="\n")
    write_text(options.out / AGGREGATES, text.getvalue())
    figure = nats_figure(table, sizes)
    save_png(figure, options.out / "figure_6b.png")
    if options.svg:
        write_text(options.out / "figure_6b.svg", svg_text(figure))
    print(found.to_string(index=False))
    return found


def _cloud(axes: Axes, table: pd.DataFrame, column: str, scale: float, *, colour: str, label: str) -> None:
    axes.scatter(
        scale * table[column], table["accuracy"], s=3, color=colour, label=label, linewidths=0, rasterized=True
    )


def _paper(panels: Sequence[Axes]) -> None:
    costs = (TABLE_2.mflops, TABLE_2.ram_kb, TABLE_2.rom_kb)
    for axes, values in zip(panels, costs, strict=True):
        axes.scatter(
            values,
            TABLE_2.accuracy["cifar10"],
            facecolors="none",
            edgecolors=COLOURS[1],
            marker=MARKERS[1],
            label="the paper's five, 128 pixels, from ImageNet",
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="The paper's Fig. 6(b) from NATS-Bench's accuracies and our prices.")
    parser.add_argument("--data", type=Path, required=True, help="tss.csv")
    parser.add_argument("--prices", type=Path, default=RESULTS / "nats_bench_prices.csv.gz")
    parser.add_argument("--size-space", type=Path, help="CSV of channels and accuracy")
    parser.add_argument("--svg", action="store_true", help="also as SVG, with the clouds as a picture in it")
    parser.add_argument("--out", type=Path, default=RESULTS)
    return parser


if __name__ == "__main__":
    with errors_in_one_line():
        main()
