"""How each proxy moves with the width multiplier, all else equal: the table and figure of docs/proxies.md.

    python -m experiments.proxies_by_width --out docs/figures

MeCo falls as a network gets wider at the same resolution, the others rise. About half a CPU minute.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import torch
from matplotlib.figure import Figure

from experiments.one_line import errors_in_one_line
from prototypenas.evidence import gaussian_probe, score_prototype
from proxies import PAPER_ENSEMBLE, PROXIES
from search_spaces import IMAGE_POOL, REFERENCES

INPUT_SHAPE = (3, 64, 64)
WIDTHS = (0.25, 0.5, 0.75, 1.0)
NAMES = (*PAPER_ENSEMBLE[:1], "meco_opt", *PAPER_ENSEMBLE[1:], "flops")


def scores_by_width(architectures: Sequence[str], seeds: Sequence[int]) -> pd.DataFrame:
    """Score each reference configuration at each width; means over seeds of weights and probe, batch 16."""
    rows = []
    for architecture in architectures:
        for width in WIDTHS:
            configuration = replace(REFERENCES[architecture], width=width)
            scored = []
            for seed in seeds:
                torch.manual_seed(seed)
                model = IMAGE_POOL[architecture](configuration, INPUT_SHAPE, 10)
                probe = gaussian_probe(INPUT_SHAPE, 10, batch_size=16, seed=seed)
                scored.append(score_prototype(model, probe, {name: PROXIES[name] for name in NAMES}))
            rows.append({"architecture": architecture, "width": width, **pd.DataFrame(scored).mean().to_dict()})
    return pd.DataFrame(rows)


def draw_by_width(table: pd.DataFrame) -> Figure:
    """Draw each proxy relative to its value at the narrowest width, one panel an architecture."""
    architectures = list(table["architecture"].unique())
    figure = Figure(figsize=(3.2 * len(architectures), 3.0), layout="constrained")
    panels = figure.subplots(1, len(architectures), sharey=True, squeeze=False)[0]
    for panel, architecture in zip(panels, architectures, strict=True):
        rows = table[table["architecture"] == architecture].set_index("width")
        for name in NAMES[:-1]:
            panel.plot(rows.index, rows[name] / rows[name].iloc[0], marker="o", label=name)
        panel.set(title=architecture, xlabel="width multiplier", yscale="log")
    panels[0].set_ylabel(f"score relative to width {WIDTHS[0]}")
    panels[-1].legend()
    return figure


def main(arguments: Sequence[str] | None = None) -> None:
    """Score, print, draw."""
    parser = argparse.ArgumentParser(description="Show how each proxy moves with the width multiplier.")
    parser.add_argument("--architectures", nargs="+", default=["mobilenet_v2", "resnet18", "mbednet"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--out", type=Path, help="directory for proxies_by_width.csv and .svg")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    table = scores_by_width(options.architectures, options.seeds)
    print(table.round(2).to_string(index=False))
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        table.to_csv(options.out / "proxies_by_width.csv", index=False)
        mpl.rcParams["svg.hashsalt"] = "width"
        draw_by_width(table).savefig(options.out / "proxies_by_width.svg", metadata={"Date": None})


if __name__ == "__main__":
    with errors_in_one_line():
        main()
