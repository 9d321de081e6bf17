"""`prototypenas deploy`: the trained models of a run, or any network, as C and ONNX."""

from pathlib import Path
from typing import Annotated

import typer

from prototypenas.app.settings import Emulate, PartSettings
from prototypenas.command_line.deploy_network import deploy_reference, is_network
from prototypenas.command_line.output import console, print_models
from prototypenas.command_line.shown_progress import shown_progress
from prototypenas.errors import ConfigurationError, RunDirectoryError


def deploy(
    what: Annotated[
        str, typer.Argument(metavar="RUN|NETWORK", help="Run directory, or a network: file.pt2, or module:function.")
    ],
    emulate: Emulate = False,
    calibration: Annotated[
        Path | None, typer.Option(help="Of a network: samples as it takes them, a .npy file or x of an .npz.")
    ] = None,
    target: Annotated[str | None, typer.Option(help="Of a network: microcontroller; see `list targets`.")] = None,
    out: Annotated[Path | None, typer.Option(help="Of a network: folder to write.")] = None,
    prefix: Annotated[str, typer.Option(help="Of a network: beginning of its C symbols and files.")] = "model",
    *,
    parts: PartSettings,
) -> None:
    """Write the trained models of a run, or any network, as C and ONNX; compile them, run them, compare every byte."""
    from prototypenas import pipeline
    from prototypenas.app.catalogue import gather
    from prototypenas.app.composition import recorded_target
    from prototypenas.app.training_composition import recorded_training
    from prototypenas.reporting.console import print_table
    from prototypenas.reporting.delivery_tables import instruction_table
    from prototypenas.runs.class_scores import read_references
    from prototypenas.runs.run_directory import RunDirectory

    if is_network(what):
        deploy_reference(
            what, calibration=calibration, target=target, out=out, prefix=prefix, emulate=emulate, parts=parts
        )
        return
    if calibration is not None or target is not None or out is not None or prefix != "model":
        raise ConfigurationError("--calibration, --target, --out and --prefix are for a network; a run has its own")
    directory = RunDirectory.open(Path(what))
    catalogue = gather(parts.plugin, parts.target_files)
    goal = recorded_target(catalogue, directory)
    trained = directory.datasets()
    if not trained:
        raise RunDirectoryError(f"{directory.path} holds no trained model; run `prototypenas evaluate` first")
    for seen in trained:
        training = recorded_training(catalogue, seen)
        with directory.locked(), shown_progress() as progress:
            models = pipeline.deploy(seen, training.evaluator, goal, emulate=emulate, progress=progress)
        for model in models if emulate else ():
            console.print(f"trial {model.candidate.number}, layer by layer on an emulated {goal.core}:")
            print_table(console, instruction_table(model))
        print_models(models, seen, goal, read_references(seen.path))
