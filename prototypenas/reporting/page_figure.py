"""A figure as it stands in the page: in its colours and its font, each mark naming its candidate."""

import re
from collections.abc import Mapping, Sequence
from html import escape

from prototypenas.reporting.drawing import COLOURS, FAINT, HIGHLIGHT, INK

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

_FAMILY = re.compile(r"font-family: [^;\"]+;? ?")
_LABEL = re.compile(rf'(<text style="[^"]*fill: var\({VARIABLES[HIGHLIGHT]}\))')
_HALO = r"\1; paint-order: stroke; stroke: var(--paper); stroke-width: 3px"
"""Names of marks stay readable over other marks."""
_IDENTIFIER = re.compile(
    r' id="(?:figure|axes|patch|text|line2d|matplotlib\.axis|xtick|ytick|legend|PathCollection|LineCollection|QuadMesh|'
    r'image)_\w+"'
)
_SPACES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
_GROUP = re.compile(rf'<g id="{MARKS}:([\d,]*)">')


def marks_of(numbers: Sequence[int]) -> str:
    """Return the name of a group of marks, one a candidate in this order, by which the page finds the candidates."""
    return f"{MARKS}:{','.join(map(str, numbers))}"


def themed(svg: str, alternative: str) -> str:
    """Return Matplotlib's `<svg>` element with the page's colours and font, and each mark with its candidate."""
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    text = _FAMILY.sub("", _IDENTIFIER.sub("", text))
    for colour, variable in VARIABLES.items():
        text = text.replace(colour.lower(), f"var({variable})")
    text = _with_candidates(_LABEL.sub(_HALO, re.sub(r"\n\s*", "\n", text)))
    width = float(_found(r'viewBox="0 0 ([\d.]+) ', text))
    size = f'style="min-width:{SHARPEST * width:.0f}px;max-width:{1.6 * width:.0f}px"'
    opening = f'<svg role="img" aria-label="{escape(alternative)}" {size} '
    return opening + re.sub(r'^<svg [^>]*?(viewBox="[^"]+")[^>]*>', rf"\1 {_SPACES}>", text)


def _with_candidates(text: str) -> str:
    """Write its candidate's number to each mark: the marks of a group are drawn in the order of its numbers."""
    first, *groups = re.split(_GROUP, text)
    parts = [first]
    for numbers, rest in zip(groups[::2], groups[1::2], strict=True):
        end = _end_of_group(rest)
        parts += ["<g>", _numbered(rest[:end], [number for number in numbers.split(",") if number]), rest[end:]]
    return "".join(parts)


def _numbered(marks: str, numbers: Sequence[str]) -> str:
    """Name the candidates of a group's marks; Matplotlib draws many as uses of one path, and few as paths."""
    drawn = re.sub(r"<defs>.*?</defs>", "", marks, flags=re.DOTALL)
    kind = "use" if "<use " in drawn else "path"
    assert len(re.findall(rf"<{kind} ", drawn)) == len(numbers), f"{len(numbers)} marks were drawn otherwise"
    left = iter(numbers)
    return re.sub(
        rf"<defs>.*?</defs>|<{kind} ",
        lambda found: found[0] if found[0].startswith("<defs") else f'{found[0]}data-trial="{next(left)}" ',
        marks,
        flags=re.DOTALL,
    )


def _end_of_group(text: str) -> int:
    """Return where the `</g>` stands that closes a group which was opened just before the text."""
    depth = 1
    for found in re.finditer(r"<g[ >]|</g>", text):
        depth += -1 if found[0] == "</g>" else 1
        if depth == 0:
            return found.start()
    return len(text)


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match is not None, f"Matplotlib wrote no {pattern}"
    return match[1]
