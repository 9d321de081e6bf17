"""`prototypenas predict`: what a trained model says of samples, as CSV."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from prototypenas.command_line.output import errors
from prototypenas.command_line.run_argument import RunPath
from prototypenas.errors import DatasetError


def predict(
    run_path: RunPath,
    data: Annotated[
        Path | None,
        typer.Option(help="A picture, a folder of pictures, samples.npy, or data as for a run; its test set if none."),
    ] = None,
    model: Annotated[
        int | None, typer.Option(help="Trial of the model; the one that the report recommends if not given.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="CSV file to write; to the terminal if not given.")] = None,
    plugin: Annotated[list[Path], typer.Option(help="Python file with parts of your own.")] = [],  # noqa: B006
) -> None:
    """Write what the int8 network of a model says of each sample, exactly as its C does: classes, or boxes."""
    from prototypenas.app.run import open_run

    if data is not None and not data.exists():
        raise DatasetError(f"there is no {data}")
    found = open_run(run_path, plugins=tuple(plugin)).predict(data, model=model)
    if out is None:
        found.to_csv(sys.stdout, index=False)
    else:
        found.to_csv(out, index=False)
    said = f"{len(found)} rows" + ("" if out is None else f" in {out}")
    if "class" in found and "predicted" in found:
        said += f"; {100 * float((found['class'] == found['predicted']).mean()):.2f} % predicted as labelled"
    errors.print(said, highlight=False, soft_wrap=True)
