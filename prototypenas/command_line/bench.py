"""`prototypenas bench`: a firmware that measures a board, for estimates of latency."""

from pathlib import Path
from typing import Annotated

import typer

from prototypenas.app.settings import PartSettings
from prototypenas.choices import choose
from prototypenas.command_line.output import Result, console


def bench(
    target: Annotated[str, typer.Option(help="Microcontroller of the board; see `list targets`.")],
    out: Annotated[Path, typer.Option(help="Folder to write.")],
    *,
    parts: PartSettings,
) -> Result:
    """Write a C project whose `bench.c` prints the cycles of every kernel, as `--latency-table` reads them."""
    from prototypenas.app.known_targets import known_targets
    from prototypenas.deployment.board_bench import write_board_bench

    write_board_bench(choose("target", target, known_targets(parts.plugin, parts.target_files)), out)
    console.print(
        f"{out}: call model_bench() of bench.c in a firmware of your board (see its first lines), save what it prints, "
        "and pass the file as --latency-table"
    )
    return {"project": str(out)}
