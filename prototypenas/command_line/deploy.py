"""`prototypenas deploy`: the trained models of a run, or any network, as C and ONNX."""

from pathlib import Path
from typing import Annotated

import typer

from prototypenas.app.settings import Emulate, PartSettings
from prototypenas.command_line.deploy_network import deploy_reference, is_network
from prototypenas.command_line.deploy_run import deploy_models
from prototypenas.command_line.output import Result
from prototypenas.errors import ConfigurationError


def deploy(
    what: Annotated[
        str, typer.Argument(metavar="RUN|NETWORK", help="Run directory, or a network: file.pt2, or module:function.")
    ],
    emulate: Emulate = False,
    calibration: Annotated[
        Path | None, typer.Option(help="Of a network: samples as it takes them, a .npy file or x of an .npz.")
    ] = None,
    target: Annotated[
        str | None,
        typer.Option(help="Microcontroller; see `list targets`. Of a run: another than it was searched for."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write: of a network, or of a run's models.")] = None,
    prefix: Annotated[str, typer.Option(help="Of a network: beginning of its C symbols and files.")] = "model",
    shared_kernels: Annotated[
        Path | None, typer.Option(help="Of a network: folder of the kernels that several models of a firmware share.")
    ] = None,
    execution: Annotated[
        str | None,
        typer.Option(help="auto, layers, or rows, which hands the input in row by row; a run's own if not given."),
    ] = None,
    onnx: Annotated[
        str | None, typer.Option(help="What the ONNX takes: batch (float samples), one, or pixels (a uint8 picture).")
    ] = None,
    alignment: Annotated[int, typer.Option(help="Of a network: bytes its tensors start at multiples of.")] = 4,
    *,
    parts: PartSettings,
) -> Result:
    """Write the trained models of a run, or any network, as C and ONNX; compile them, run them, compare every byte."""
    if is_network(what):
        deploy_reference(
            what,
            calibration=calibration,
            target=target,
            out=out,
            prefix=prefix,
            shared_kernels=shared_kernels,
            execution=execution or "auto",
            alignment=alignment,
            onnx=onnx,
            emulate=emulate,
            parts=parts,
        )
        return {"project": None if out is None else str(out)}
    if (calibration, prefix, alignment, shared_kernels) != (None, "model", 4, None):
        raise ConfigurationError("--calibration, --prefix, --shared-kernels and --alignment are those of a network")
    return deploy_models(
        Path(what), target=target, execution=execution, onnx=onnx, out=out, emulate=emulate, parts=parts
    )
