"""A figure as it stands in the page: in its colours and its font, each mark naming its candidate."""

import re
from collections.abc import Mapping, Sequence
from html import escape

from matplotlib.figure import Figure

from prototypenas.reporting.drawing import COLOURS, FAINT, HIGHLIGHT, INK, svg_text

MARKS = "marks"
"""What the name of a group of marks begins with; the numbers of their candidates follow."""

VARIABLES: Mapping[str, str] = {
    INK: "--ink",
    FAINT: "--faint",
    HIGHLIGHT: "--accent",
    "#7B8794": "--quiet",
    "#E8ECF0": "--line",
    "#FFFFFF": "--paper",
    **{colour: f"--colour{place}" for place, colour in enumerate(COLOURS)},
}
"""The page's variable for each colour that figures are drawn in; a dark page gives it another value."""

SHARPEST = 1.1
"""Least pixels of the screen a point of the figure: text of 10 points stays readable, and a narrow screen scrolls."""

_FONT = re.compile(r"font: ((?:[a-z0-9]+ )*?)([\d.]+)px [^;\"]+")
_IDENTIFIER = re.compile(
    r' id="(?:figure|axes|patch|text|line2d|matplotlib\.axis|xtick|ytick|legend|PathCollection|LineCollection|QuadMesh|'
    r'image)_\w+"'
)
_SPACES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
_GROUP = re.compile(rf'<g id="{MARKS}:([\d,]*)">')


def marks_of(numbers: Sequence[int]) -> str:
    """Return the name of a group of marks, one a candidate in this order, by which the page finds the candidates."""
    return f"{MARKS}:{','.join(map(str, numbers))}"


def inline_figure(figure: Figure, alternative: str) -> str:
    """Return a figure as an `<svg>` element for the page; `alternative` is what it says to those who do not see it."""
    return themed(svg_text(figure), alternative)


def themed(svg: str, alternative: str) -> str:
    """Return Matplotlib's `<svg>` element with the page's colours and font, and each mark with its candidate."""
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    text = _FONT.sub(_page_font, _IDENTIFIER.sub("", text))
    for colour, variable in VARIABLES.items():
        text = text.replace(colour.lower(), f"var({variable})")
    text = _with_candidates(re.sub(r"\n\s*", "\n", text))
    width = float(_found(r'viewBox="0 0 ([\d.]+) ', text))
    size = f'style="min-width:{SHARPEST * width:.0f}px;max-width:{1.6 * width:.0f}px"'
    opening = f'<svg role="img" aria-label="{escape(alternative)}" {size} '
    return opening + re.sub(r'^<svg [^>]*?(viewBox="[^"]+")[^>]*>', rf"\1 {_SPACES}>", text)


def _page_font(found: re.Match[str]) -> str:
    weight = ";font-weight:600" if "bold" in found[1] or "700" in found[1] else ""
    return f"font-size:{found[2]}px{weight}"


def _with_candidates(text: str) -> str:
    """Write its candidate's number to each mark: the marks of a group are drawn in the order of its numbers."""
    first, *groups = re.split(_GROUP, text)
    parts = [first]
    for numbers, rest in zip(groups[::2], groups[1::2], strict=True):
        before, *marks = rest.split("<use ")
        named = [number for number in numbers.split(",") if number]
        parts.append(f"<g>{before}")
        for place, mark in enumerate(marks):
            parts.append(f'<use data-trial="{named[place]}" {mark}' if place < len(named) else f"<use {mark}")
    return "".join(parts)


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match is not None, f"Matplotlib wrote no {pattern}"
    return match[1]
