"""Every microcontroller that can be named; apart from the catalogue, whose other parts take seconds to import."""

from collections.abc import Sequence
from pathlib import Path

from prototypenas.costing.targets import load_targets
from prototypenas.plugins import entry_points_of, load_plugin_file
from prototypenas.types import Target


def known_targets(plugin_files: Sequence[Path] = (), target_files: Sequence[Path] = ()) -> dict[str, Target]:
    """Return our own targets, those of files and of plug-ins; a later one wins over a name given before.

    Raises:
        PluginError: if a plug-in cannot be loaded.
        ConfigurationError: if a file of targets is wrong.
    """
    known = {**load_targets(list(target_files)), **entry_points_of("prototypenas.targets")}
    for file in plugin_files:
        known |= load_plugin_file(file).targets
    return known
