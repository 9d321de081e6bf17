"""Every microcontroller that can be named; apart from the catalogue, whose other parts take seconds to import."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from prototypenas.choices import choose
from prototypenas.costing.targets import load_targets
from prototypenas.deployment.onnx_form import OnnxForm
from prototypenas.errors import RunDirectoryError
from prototypenas.plugins import load_entry_points, load_plugin_file
from prototypenas.runs.run_directory import RunDirectory
from prototypenas.types import Budget, Execution, Target

ONNX_FORMS: Mapping[str, OnnxForm] = {form.value: form for form in OnnxForm}
EXECUTIONS: Mapping[str, Execution] = {execution.value: execution for execution in Execution}


def known_targets(
    plugin_files: Sequence[Path] = (), target_files: Sequence[Path] = (), latency_tables: Sequence[Path] = ()
) -> dict[str, Target]:
    """Return our own targets, those of files and of plug-ins; a later one wins over a name given before.

    Raises:
        PluginError: if a plug-in cannot be loaded.
        ConfigurationError: if a file of targets is wrong.
    """
    known = {**load_targets(list(target_files)), **load_entry_points(["targets"]).targets}
    for file in plugin_files:
        known |= load_plugin_file(file).targets
    if latency_tables:
        from prototypenas.costing.latency_table import with_latency_tables  # noqa: PLC0415  (imports SciPy and PyTorch)

        known = with_latency_tables(known, latency_tables)
    return known


def recorded_target(targets: Mapping[str, Target], run: RunDirectory) -> Target:
    """Return the target that a run was explored for, with the limits it was explored under, run as it was priced.

    Raises:
        ConfigurationError: if no target has its name any more.
        RunDirectoryError: if it is another microcontroller now.
    """
    explored = run.exploration()
    target = choose("target", explored.target, targets)
    if (target.core, target.clock_hz) != (explored.core, explored.clock_hz):
        raise RunDirectoryError(
            f"{run.path} was explored for {target.name} as a {explored.core} at {explored.clock_hz:,} Hz, and now it "
            f"is a {target.core} at {target.clock_hz:,} Hz; restore it, or explore again in another folder"
        )
    limits = Budget(explored.ram_limit, explored.rom_limit, explored.flops_limit, explored.more_limits)
    return replace(target, budget=limits, execution=choose("execution", explored.execution, EXECUTIONS))
