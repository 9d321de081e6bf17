"""The C that turns a microphone's samples into a model's input, beside the model's own project."""

from collections.abc import Iterable
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from prototypenas.sound.front_end import FrontEnd
from prototypenas.sound.log_mel import QUARTERS

LOG_MEL_FILES = ("log_mel.h", "log_mel.c")
_IN_A_ROW = 16


def write_front_end(front_end: FrontEnd, directory: Path, *, scale: float, zero_point: int) -> None:
    """Write `log_mel.h` and `log_mel.c` for a model whose input has this scale and zero point."""
    log_mel = front_end.log_mel
    first, bands, weights = log_mel.filters
    cosine, sine = log_mel.twiddles
    environment = Environment(
        loader=PackageLoader("prototypenas.deployment"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    content = {
        "front_end": log_mel,
        "first_bin": first,
        "bands": bands.tolist(),
        "window": _rows(log_mel.window),
        "cosine": _rows(cosine),
        "sine": _rows(sine),
        "rising_band": _rows(bands),
        "rising_weight": _rows(weights),
        "as_input": _rows(front_end.as_input(scale, zero_point)),
        "quarters": QUARTERS,
    }
    directory.mkdir(parents=True, exist_ok=True)
    for name in LOG_MEL_FILES:
        text = environment.get_template(f"{name}.j2").render(content)
        (directory / name).write_text(text, encoding="utf-8")


def _rows(values: Iterable[int]) -> str:
    numbers = [str(int(value)) for value in values]
    rows = [numbers[start : start + _IN_A_ROW] for start in range(0, len(numbers), _IN_A_ROW)]
    return "\n".join(f"    {', '.join(row)}," for row in rows)
