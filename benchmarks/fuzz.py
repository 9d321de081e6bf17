"""Pass the command line arguments, and the readers data files, that make no sense, and print what came of it.

    python -m benchmarks.fuzz --arguments 1000 --files 500

Good outcomes are exit code 0, or exit code 2 with our one line or Typer's box; for a file, data or an error of ours. A
traceback, another exit code or more than `--seconds` is listed with what caused it.
"""

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click
import numpy as np
import pandas as pd
import typer
from PIL import Image
from rich.console import Console
from typer.testing import CliRunner

from evaluators import open_dataset
from prototypenas.command_line.main import app
from prototypenas.errors import PrototypeNASError
from prototypenas.foreign_code import described
from prototypenas.reporting.console import print_table
from prototypenas.reporting.tables import Table

ODD = (
    *("", " ", "[/]", "[red]x", "{0}", "?", "%s", "../..", "/", "-1", "0", "1", "2", "1e999", "nan", "-0.0", "1e-300"),
    *(
        "9" * 25,
        "9" * 400,
        "a" * 300,
        "ä€",
        "\udcff",
        "a\nb",
        ",",
        ",,",
        "3-1",
        "1-",
        "x",
        "3x",
        "3x0x3",
        "3x8x8",
        "2x64",
    ),
    *("depths=2", "width=nan", "width=1 depths=9999999", "tcp://127.0.0.1:1", "sqlite:///{0}", "cuda:9", "1KiB", "1e9"),
    *(
        "mbednet",
        "squeezenet",
        "snip",
        "params,flops",
        "params,params",
        "digits",
        "stm32f746",
        "image",
        "list",
        "random:0",
    ),
)
"""Values of every kind, most of them wrong in most places."""

CHEAP = {
    "run": (
        *("digits", "--trials", "1", "--epochs", "1", "--objectives", "flops,params", "--jobs", "1", "--keep", "1"),
        *("--refine", "no"),
    ),
    "explore": ("--trials", "1", "--objectives", "flops,params", "--jobs", "1", "--input", "3x16x16", "--classes", "2"),
    "evaluate": ("--epochs", "1", "--jobs", "1"),
}
"""Given last, so that an accepted set of arguments is soon done."""


class Overtime(BaseException):
    """It takes too long."""


@contextmanager
def bounded(seconds: int) -> Iterator[None]:
    """Raise in the block after so many seconds."""

    def ring(number: int, frame: FrameType | None) -> None:
        raise Overtime

    signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--arguments", type=int, default=1000)
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    outcomes: Counter[tuple[str, str]] = Counter()
    wrong: list[str] = []
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for words in argument_sets(chance, options.arguments):
            outcome, note = outcome_of_arguments(words, options.seconds)
            outcomes["arguments", outcome] += 1
            wrong += [f"{words}: {note}"] if note else []
        for file in mutated_files(chance, options.files, Path(folder)):
            outcome, note = outcome_of_file(file, options.seconds)
            outcomes["data files", outcome] += 1
            wrong += [f"{file.name}: {note}"] if note else []
    rows = tuple((what, outcome, str(count)) for (what, outcome), count in sorted(outcomes.items()))
    print_table(Console(width=140), Table(("What", "Outcome", "Times"), rows, names=2))
    for line in wrong:
        print(line.encode("utf-8", "backslashreplace").decode())


def argument_sets(chance: random.Random, count: int) -> Iterator[list[str]]:
    """Draw commands with options and values that need not fit."""
    group = typer.main.get_command(app)
    assert isinstance(group, click.Group) or hasattr(group, "commands")
    commands = group.commands
    for _ in range(count):
        name = chance.choice(sorted(commands))
        parameters = commands[name].params
        words = [name]
        for parameter in chance.sample(parameters, chance.randint(0, min(4, len(parameters)))):
            option = next((one for one in parameter.opts if one.startswith("--")), None)
            flag = getattr(parameter, "is_flag", False)
            words += [] if option is None else [option]
            words += [] if flag else [chance.choice(ODD)]
        yield [*words, *CHEAP.get(name, ())] if chance.random() < 0.9 else words


def outcome_of_arguments(words: list[str], seconds: int) -> tuple[str, str]:
    """Run the command here, and say what came of it and what was wrong."""
    try:
        with bounded(seconds):
            result = CliRunner().invoke(app, words)
    except Overtime:
        return "hang", f"over {seconds} s"
    error = result.exception
    if isinstance(error, Overtime):
        return "hang", f"over {seconds} s"
    if error is not None and not isinstance(error, SystemExit):
        return "traceback", described(error)
    if result.exit_code == 2 and not result.stderr.strip():
        return "silent refusal", "exit code 2 and nothing on stderr"
    known = {0: "done", 2: "refused"}
    return known.get(result.exit_code, "other exit code"), "" if result.exit_code in known else str(result.exit_code)


def mutated_files(chance: random.Random, count: int, folder: Path) -> Iterator[Path]:
    """Draw mutations of valid files of every form, one at a time."""
    seeds = valid_files(folder / "valid")
    for number in range(count):
        seed = seeds[number % len(seeds)]
        place = folder / f"{number}-{seed.name}"
        if seed.is_dir():
            shutil.copytree(seed, place)
            victim = chance.choice(sorted(file for file in place.rglob("*") if file.is_file()))
        else:
            shutil.copy(seed, place)
            victim = place
        victim.write_bytes(mutated(victim.read_bytes(), chance))
        yield place
        shutil.rmtree(place) if place.is_dir() else place.unlink()


def mutated(content: bytes, chance: random.Random) -> bytes:
    """Cut, flip, double or replace a part."""
    start = chance.randrange(len(content) + 1)
    end = min(len(content), start + chance.choice((1, 1, 4, 40, len(content))))
    kind = chance.choice(("cut", "flip", "double", "odd", "end"))
    if kind == "end":
        return content[:start]
    odd = chance.choice((b"", b"\xff", b",", b"\n", b"nan", b"-1", b"1e999", b'"', b"\x00" * 8, b"@", b"?"))
    flipped = bytes(byte ^ 1 << chance.randrange(8) for byte in content[start:end])
    middle = {"cut": b"", "flip": flipped, "double": content[start:end] * 2, "odd": odd}[kind]
    return content[:start] + middle + content[end:]


def outcome_of_file(file: Path, seconds: int) -> tuple[str, str]:
    """Open the file as own data, and say what came of it and what was wrong."""
    try:
        with bounded(seconds):
            open_dataset(file)
    except PrototypeNASError:
        return "refused", ""
    except Overtime:
        return "hang", f"over {seconds} s"
    except Exception as error:  # noqa: BLE001  (whatever it is, it is what is looked for)
        return "traceback", described(error)
    return "read", ""


def valid_files(folder: Path) -> list[Path]:
    """Write one small data set of every form that own data may have."""
    folder.mkdir()
    noise = np.random.default_rng(0)
    labels = np.arange(24) % 2
    pictures = folder / "pictures"
    for number, label in enumerate(labels):
        place = pictures / ("dark", "light")[label]
        place.mkdir(parents=True, exist_ok=True)
        pixels = noise.integers(0, 100, (12, 12, 3), dtype=np.uint8) + np.uint8(100 * label)
        Image.fromarray(pixels).save(place / f"{number}.{('png', 'jpg')[number % 2]}")
    np.savez(folder / "arrays.npz", x=noise.integers(0, 255, (24, 12, 12, 3), dtype=np.uint8), y=labels)
    steps = [
        {"series": number, "label": "ab"[label], "x": noise.normal() + label, "y": noise.normal()}
        for number, label in enumerate(labels)
        for _ in range(16)
    ]
    pd.DataFrame(steps).to_csv(folder / "table.csv", index=False)
    pd.DataFrame(steps).to_parquet(folder / "table.parquet", index=False)
    lines = [",".join(f"{value:.3f}" for value in noise.normal(size=16)) + f":{'ab'[label]}" for label in labels]
    header = "@problemName mine\n@timeStamps false\n@univariate true\n@equalLength true\n@seriesLength 16\n"
    (folder / "series.ts").write_text(f"{header}@classLabel true a b\n@data\n" + "\n".join(lines) + "\n")
    found = [pictures, *sorted(folder.glob("*.*"))]
    for file in found:
        open_dataset(file)
    return found


if __name__ == "__main__":
    sys.exit(main())
