"""The program as it is called in tests, with a plug-in's data set of 60 images and its toy architecture."""

from pathlib import Path

from typer.testing import CliRunner, Result

from prototypenas.command_line.main import app

PARTS = str(Path(__file__).parents[1] / "plugin_files" / "tiny_parts.py")
PLUGIN = ("--plugin", PARTS)
SEARCH = ("--architectures", "toy", "--objectives", "flops,snip,mean_gradient", "--trials", "8", "--target", "my-board")
EXPLORE = ("explore", "--input", "1x16x16", "--classes", "4", "--out", "x")
WHOLE_WAY = ("run", "quarters", *PLUGIN, *SEARCH, "--keep", "20", "--epochs", "2", "--jobs", "1")


def invoke(*arguments: object) -> Result:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def done(*arguments: object) -> str:
    result = invoke(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(*arguments: object) -> str:
    """Run what must end with exit code 2, nothing on stdout, and one line on stderr: the line."""
    result = invoke(*arguments)
    assert result.exit_code == 2, result.output
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("error: "), result.stderr
    return lines[0]
