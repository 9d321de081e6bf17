"""The pages of the documentation: every command and snippet works, and the site builds without a warning."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sklearn.datasets
import typer
from sklearn.utils import Bunch
from typer.testing import CliRunner

from prototypenas.command_line.main import app

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md"])
BLOCK = re.compile(r"^```(\w*)(?: title=\"([^\"]+)\")?\n(.*?)^```", re.MULTILINE | re.DOTALL)
RUN_HERE = sorted(page for page in PAGES if re.search(r"^```(bash|python)", page.read_text(), re.MULTILINE))
NOT_RUN = ("pip ", "uv ", "source ", "make -C ", "dask ", "CUDA_VISIBLE_DEVICES=0 dask ", "west ")
"""What blocks of the language `console` hold: installations, servers, and folders whose names depend on the run."""
SERVER = " --scheduler tcp://host:8786"
"""A command that is not run needs one."""
SMALL = {
    r"--trials \d+": "--trials 6",
    r"--epochs \d+": "--epochs 1",
    r"--keep \d+(-\d+)?": "--keep 1",
    r"keep=(\d+|\(\d+, \d+\))": "keep=1",
    r"trials=\d+": "trials=6",
    r"epochs=\d+": "epochs=1",
}


def blocks(page: Path) -> list[tuple[str, str, str]]:
    """Language, file name and content of each fenced block."""
    return BLOCK.findall(page.read_text())


def small(text: str) -> str:
    """The same with the sizes of a test."""
    for pattern, value in SMALL.items():
        text = re.sub(pattern, value, text)
    return text


def commands(page: Path) -> list[list[str]]:
    """Every `prototypenas` command of a page, whatever block it stands in."""
    lines = [line for language, _, text in blocks(page) if language != "python" for line in text.splitlines()]
    typed = [line.removeprefix("uv run ").partition("#")[0] for line in lines]
    return [shlex.split(line)[1:] for line in typed if line.startswith("prototypenas ")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_has_the_options_it_is_typed_with(page):
    program = typer.main.get_command(app)
    for name, *arguments in commands(page):
        command = program.commands[name]
        context = typer.Context(command, info_name=name)
        _, left, _ = command.make_parser(context).parse_args(list(arguments))
        assert len([one for one in left if one != "..."]) == 0, (name, arguments, left)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_module_that_is_to_be_run_is_there(page):
    for module in re.findall(r"python -m ((?:benchmarks|experiments)\.\w+)", page.read_text()):
        assert (ROOT / f"{module.replace('.', '/')}.py").is_file(), module


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_what_is_not_run_is_an_installation_a_server_or_a_board(page):
    for language, _, text in blocks(page):
        if language == "console":
            assert all(line.startswith(NOT_RUN) or SERVER in line for line in text.splitlines()), text
        elif not language:
            assert not any(line.startswith((*NOT_RUN, "prototypenas ")) for line in text.splitlines()), text


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("page", RUN_HERE, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_snippets_of_a_page_work_one_after_the_other(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sklearn.datasets, "load_digits", every_fourth_digit(sklearn.datasets.load_digits()))
    names: dict[str, object] = {}
    for language, title, text in blocks(page):
        if title:
            (tmp_path / title).write_text(text)
        elif language == "python":
            exec(compile(small(text), str(page), "exec"), names)
        elif language == "bash":
            for line in small(text).splitlines():
                run_line(line)


def every_fourth_digit(digits: Bunch) -> Callable[[], Bunch]:
    """The same data set with fewer samples to train on."""
    return lambda: Bunch(images=digits.images[::4], target=digits.target[::4])


def run_line(line: str) -> None:
    """Run one command of a page in this process, without short trainings and with one worker."""
    program, *arguments = shlex.split(line, comments=True)
    assert program == "prototypenas", f"only our own commands are run: {line}"
    if arguments[0] == "run":
        arguments += ["--jobs", "1", "--epochs", "1"]
        arguments += [] if "--trials" in arguments else ["--trials", "6"]
        arguments += [] if "--refine" in arguments else ["--refine", "no"]
    elif arguments[0] == "evaluate":
        arguments += ["--epochs", "1"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, f"{line}\n{result.output}\n{result.exception!r}"


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path):
    pytest.importorskip("mkdocs")
    pytest.importorskip("mkdocstrings")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "-d", str(tmp_path / "site")]
    silent = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False, env=silent)
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "site" / "tutorial" / "index.html").is_file()
    api = (tmp_path / "site" / "reference" / "api" / "index.html").read_text()
    assert all(f'id="prototypenas.app.{name}"' in api for name in ("searching.search", "run.Run", "comparing.compare"))
