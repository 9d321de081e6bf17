"""`prototypenas report`: one page about a run."""

from prototypenas.app.settings import PartSettings
from prototypenas.command_line.output import Result, console
from prototypenas.command_line.run_argument import RunPath


def report(run_path: RunPath, *, parts: PartSettings) -> Result:
    """Write report.html and the figures from whatever the run directory holds."""
    from prototypenas.app.known_targets import known_targets, recorded_target
    from prototypenas.reporting.run_report import write_run_report
    from prototypenas.runs.run_directory import RunDirectory

    directory = RunDirectory.open(run_path)
    goal = recorded_target(known_targets(parts.plugin, parts.target_files, parts.latency_tables), directory)
    with directory.locked():
        pages = [write_run_report(directory, seen, goal) for seen in directory.datasets() or (None,)]
    for page in pages:
        console.print(f"report: {page}")
    return {"run": str(run_path), "reports": [str(page) for page in pages]}
