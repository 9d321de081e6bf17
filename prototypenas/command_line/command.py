"""Make a Typer command from a function whose parameters may be classes of settings."""

import errno
import functools
import inspect
from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, TypeVar, get_type_hints

import typer

from prototypenas.command_line.interrupts import INTERRUPTED, MESSAGE, orderly_interrupts
from prototypenas.command_line.output import OutputSettings, Result, errors, print_error, print_json, printed_as
from prototypenas.errors import PrototypeNASError

Settings = TypeVar("Settings")

Command = Callable[..., Result | None]

STORAGE_FAILURES = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)
"""What no check beforehand can rule out: the disk fills up, or fails, in the middle of the work."""


def add_command(app: typer.Typer, function: Command, name: str | None = None) -> None:
    """Add a command to the program: settings become options, our errors one line on stderr and exit code 2."""
    app.command(name)(in_one_line(with_options(function)))


def with_options(function: Command) -> Command:
    """Return the function with one parameter an option, in place of each parameter that is a class of settings.

    Every command has the options of `OutputSettings` besides; what it returns is printed as JSON where that is asked.
    """
    hints = get_type_hints(function, include_extras=True)
    groups = {name: kind for name, kind in hints.items() if isinstance(kind, type) and is_dataclass(kind)}
    parameters: dict[str, inspect.Parameter] = {}
    for parameter in inspect.signature(function).parameters.values():
        news = _options(groups[parameter.name]) if parameter.name in groups else {}
        news = news or {parameter.name: parameter.replace(annotation=hints[parameter.name])}
        for name in news:
            assert name not in parameters, f"{function.__name__} has two options {name}"
        parameters |= news
    parameters |= _options(OutputSettings)

    @functools.wraps(function)
    def command(**values: Any) -> None:
        settings = {name: _taken(kind, values) for name, kind in groups.items()}
        output = _taken(OutputSettings, values)
        with printed_as(output):
            result = function(**values, **settings)
        if output.json:
            print_json(result)

    command.__annotations__ = {name: parameter.annotation for name, parameter in parameters.items()}
    command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters.values()]
    )
    return command


def in_one_line(command: Command) -> Callable[..., None]:
    """Turn our errors into one line on stderr and exit code 2, an interrupt into exit code 130."""

    @functools.wraps(command)
    def wrapped(**values: Any) -> None:
        try:
            with orderly_interrupts():
                command(**values)
        except PrototypeNASError as error:
            print_error(str(error))
            raise typer.Exit(2) from error
        except OSError as error:
            if error.errno not in STORAGE_FAILURES:
                raise
            place = f" ({error.filename})" if error.filename else ""
            print_error(f"{error.strerror}{place}; see to it, then the same command continues")
            raise typer.Exit(2) from error
        except KeyboardInterrupt as error:
            errors.print(MESSAGE, highlight=False)
            raise typer.Exit(INTERRUPTED) from error

    return wrapped


def _options(kind: type[Any]) -> dict[str, inspect.Parameter]:
    """Return one keyword parameter for each field of a class of settings."""
    hints = get_type_hints(kind, include_extras=True)
    return {
        option.name: inspect.Parameter(
            option.name, inspect.Parameter.KEYWORD_ONLY, default=_default(option), annotation=hints[option.name]
        )
        for option in fields(kind)
    }


def _taken(kind: type[Settings], values: dict[str, Any]) -> Settings:
    """Take the values of a class of settings out of all values."""
    return kind(**{option.name: values.pop(option.name) for option in fields(kind)})  # type: ignore[arg-type]


def _default(option: Field[Any]) -> Any:
    if option.default_factory is not MISSING:
        return option.default_factory()
    return inspect.Parameter.empty if option.default is MISSING else option.default
