"""Values of options from a settings file or from an earlier run; what is typed wins over them."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from prototypenas.choices import choose
from prototypenas.command_line.output import print_error
from prototypenas.errors import ConfigurationError, PrototypeNASError

SUFFIX = ".toml"


def defaults_from_file(context: typer.Context, value: str | None) -> str | None:
    """Take the options' values from a settings file if the argument names one, and the data set's name with them."""
    if value is None or not value.endswith(SUFFIX):
        return value if value is not None else (context.default_map or {}).get("dataset")
    try:
        content = tomllib.loads(Path(value).read_text())
        settings = _by_parameter(context, content, value)
    except (OSError, ValueError) as error:
        raise _refused(f"settings file {value} cannot be read: {error}") from error
    except PrototypeNASError as error:
        raise _refused(str(error)) from error
    context.default_map = settings
    return settings.get("dataset")


def defaults_from_run(context: typer.Context, value: Path | None) -> Path | None:
    """Take the options' values from the settings that a run directory records."""
    if value is None:
        return None
    from prototypenas.runs.run_directory import RunDirectory

    try:
        content = RunDirectory.open(value).settings()
        known = {parameter.name for parameter in context.command.params}
        context.default_map = {name: each for name, each in content.items() if each is not None and name in known}
    except PrototypeNASError as error:
        raise _refused(str(error)) from error
    return value


def _by_parameter(context: typer.Context, content: Mapping[str, Any], file: str) -> dict[str, Any]:
    """Return the values by parameter; a key is an option as it is typed, without its dashes."""
    parameters = {
        name.lstrip("-").replace("-", "_"): parameter
        for parameter in context.command.params
        for name in (*parameter.opts, parameter.name or "")
    }
    settings = {}
    for key, value in content.items():
        if isinstance(value, Mapping):
            raise ConfigurationError(f"{file}: [{key}] is a table; write options as `name = value`")
        parameter = choose(f"option in {file}", key.replace("-", "_"), parameters)
        settings[parameter.name or ""] = _as_typed(value, several=getattr(parameter, "multiple", False))
    return settings


def _as_typed(value: Any, *, several: bool) -> Any:
    """Return a value as the option takes it: several as a list, one as text with commas where it is a list."""
    if several:
        return value if isinstance(value, list) else [value]
    return ",".join(str(one) for one in value) if isinstance(value, list) else value


def _refused(message: str) -> typer.Exit:
    print_error(message)
    return typer.Exit(2)
