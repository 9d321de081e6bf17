"""`prototypenas deploy`: the trained models as C and ONNX."""

from prototypenas.app.settings import Emulate, PartSettings
from prototypenas.command_line.output import console, print_models
from prototypenas.command_line.run_argument import RunPath
from prototypenas.command_line.shown_progress import shown_progress
from prototypenas.errors import RunDirectoryError


def deploy(run_path: RunPath, emulate: Emulate = False, *, parts: PartSettings) -> None:
    """Write the trained models as C and ONNX, compile and run them on the test set."""
    from prototypenas import pipeline
    from prototypenas.app.catalogue import gather
    from prototypenas.app.composition import recorded_target, recorded_training
    from prototypenas.reporting.console import print_table
    from prototypenas.reporting.delivery_tables import instruction_table
    from prototypenas.runs.class_scores import read_references
    from prototypenas.runs.run_directory import RunDirectory

    directory = RunDirectory.open(run_path)
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
        print_models(models, seen.path, read_references(seen.path))
