"""Draws a real schedule, step by step: which rows lie in which ring (`docs/figures/row_streaming.svg`).

python -m benchmarks.row_streaming_figure
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from prototypenas.costing.memory_plan import plan_with_cuts
from prototypenas.costing.row_schedule import TAKE_ROW
from prototypenas.costing.segmentation import Cut
from prototypenas.graph.lowering import lower

ROWS = 8
LAYERS = ("1x1 conv", "3x3 depthwise", "1x1 conv")
MAPS = ("input", "wide", "filtered", "output")
COLOURS = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7")
CELL, LEFT, TOP = 26, 190, 160
FILE = Path(__file__).parents[1] / "docs" / "figures" / "row_streaming.svg"


@dataclass
class Slot:
    """One row's place in memory: its map, and for each step the row it holds and whether it is new."""

    map: int
    number: int
    held: list[tuple[int | None, bool]]


def schedule() -> tuple[bytes, list[int]]:
    """Return the steps of an inverted residual over pictures of eight rows, and the rows kept of each map."""
    wide = [nn.Conv2d(4, 12, 1), nn.Conv2d(12, 12, 3, padding=1, groups=12), nn.Conv2d(12, 4, 1)]
    with torch.device("meta"):
        graph = lower(nn.Sequential(*wide), (4, ROWS, 8))
    plan = plan_with_cuts(graph, [Cut(0, 3, by_rows=True)], streamed=True)
    names = [graph.input, *(operator.output for operator in graph.operators)]
    return plan.segments[0].schedule.steps, [plan.ring_rows.get(name, ROWS) for name in names]


def followed(steps: bytes, rings: list[int]) -> list[Slot]:
    """Note for every slot which row it holds after each step."""
    slots = [Slot(place, number, []) for place, rows in enumerate(rings) for number in range(rows)]
    made = [0] * len(rings)
    for step in steps:
        place = 0 if step == TAKE_ROW else step + 1
        row = made[place]
        made[place] += 1
        for slot in slots:
            before = slot.held[-1][0] if slot.held else None
            new = slot.map == place and row % rings[place] == slot.number
            slot.held.append((row if new else before, new))
    return slots


def drawing(steps: bytes, rings: list[int]) -> str:
    """Return the picture: steps to the right, slots downwards."""
    slots = followed(steps, rings)
    width, height = LEFT + CELL * len(steps) + 44, TOP + CELL * (len(slots) + 3) + 96
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        text(20, 30, "Row by row: three layers, and only the rows that are still needed", size=17, bold=True),
        text(20, 54, "Each column is one step: a layer makes one row. A number is the row that lies in that place."),
        text(20, 74, "Strong colour: written in this step. The place of a row is its number modulo the ring's rows."),
    ]
    parts += [header(column, step) for column, step in enumerate(steps)]
    y = TOP
    for place, name in enumerate(MAPS):
        own = [slot for slot in slots if slot.map == place]
        kept = f"whole, {ROWS} rows" if len(own) == ROWS else f"ring of {len(own)}"
        parts.append(text(20, y + 17, f"{name}: {kept}", bold=True))
        for slot in own:
            parts += [cell(column, y, place, held) for column, held in enumerate(slot.held)]
            y += CELL
        y += CELL // 2
    parts += [
        text(20, y + 14, f"Layer by layer, all {len(MAPS)} maps have {ROWS} rows. Here the wide map, usually the"),
        text(20, y + 34, "largest, keeps three: the depthwise layer reads no more. No row is made twice."),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def header(column: int, step: int) -> str:
    """Name the layer of a step, upright."""
    name = "row comes in" if step == TAKE_ROW else LAYERS[step]
    x, colour = LEFT + CELL * column + 17, COLOURS[0 if step == TAKE_ROW else step + 1]
    return (
        f'<text x="{x}" y="{TOP - 4}" font-size="9" fill="{colour}" transform="rotate(-60 {x} {TOP - 4})">{name}</text>'
    )


def cell(column: int, y: int, place: int, held: tuple[int | None, bool]) -> str:
    """Draw one place in one step."""
    row, new = held
    x, fill = LEFT + CELL * column, "#F3F4F6" if row is None else COLOURS[place]
    opacity = 1.0 if row is None or new else 0.28
    box = f'<rect x="{x}" y="{y}" width="{CELL - 2}" height="{CELL - 2}" fill="{fill}" fill-opacity="{opacity}"/>'
    label = "" if row is None else text(x + 8, y + 17, str(row), bold=new)
    return box + label


def text(x: int, y: int, words: str, *, size: int = 13, bold: bool = False) -> str:
    """Write words."""
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x}" y="{y}" font-size="{size}" fill="#1F2933"{weight}>{words}</text>'


def main() -> None:
    """Write the picture."""
    FILE.write_text(drawing(*schedule()), encoding="utf-8")
    print(FILE)


if __name__ == "__main__":
    main()
