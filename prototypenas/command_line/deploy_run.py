"""`prototypenas deploy RUN`: the trained models of a run as C and ONNX."""

from pathlib import Path

from prototypenas.app.settings import PartSettings
from prototypenas.command_line.output import Result, console, models_as_json, print_models
from prototypenas.command_line.shown_progress import shown_progress
from prototypenas.errors import ConfigurationError, RunDirectoryError


def deploy_models(
    path: Path,
    *,
    target: str | None,
    execution: str | None,
    onnx: str | None,
    out: Path | None,
    emulate: bool,
    parts: PartSettings,
) -> Result:
    """Write a run's models and print what they need; those of another kind go into the folder `out`.

    Raises:
        ConfigurationError: if another target, execution or ONNX is named without a folder.
        RunDirectoryError: if nothing was trained.
    """
    from prototypenas import pipeline
    from prototypenas.app.catalogue import gather
    from prototypenas.app.composition import retargeted
    from prototypenas.app.known_targets import ONNX_FORMS, recorded_target
    from prototypenas.app.training_composition import recorded_training
    from prototypenas.choices import choose
    from prototypenas.reporting.console import print_table
    from prototypenas.reporting.delivery_tables import instruction_table
    from prototypenas.runs.class_scores import read_references
    from prototypenas.runs.run_directory import RunDirectory

    if out is None and (target is not None or execution is not None or onnx is not None):
        raise ConfigurationError("a run keeps the C it was searched for; name a folder for other C or ONNX: --out")
    directory = RunDirectory.open(path)
    catalogue = gather(parts.plugin, parts.target_files, parts.latency_tables)
    goal = retargeted(catalogue, recorded_target(catalogue.targets, directory), target, execution)
    form = choose("ONNX form", onnx or "batch", ONNX_FORMS)
    trained = directory.datasets()
    if not trained:
        raise RunDirectoryError(f"{directory.path} holds no trained model; run `prototypenas evaluate` first")
    found = {}
    for seen in trained:
        training = recorded_training(catalogue, seen)
        with directory.locked(), shown_progress() as progress:
            place = out / seen.path.name if out is not None and len(trained) > 1 else out
            models = pipeline.deploy(
                seen, training.evaluator, goal, emulate=emulate, progress=progress, out=place, onnx=form
            )
        for model in models if emulate else ():
            console.print(f"trial {model.candidate.number}, layer by layer on an emulated {goal.core}:")
            print_table(console, instruction_table(model))
        print_models(models, seen, goal, read_references(seen.path))
        found[seen.name] = models_as_json(models)
    return {"run": str(path), "datasets": found}
