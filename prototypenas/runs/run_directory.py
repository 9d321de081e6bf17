"""What a run writes, and how it is read back.

    runs/cifar10-imxrt1062/
      run.json             everything needed to repeat it, one section a step
      candidates.jsonl     journal of the exploration, one line a finished candidate
      candidates.csv       the same as a table, infeasible ones too, with the reason
      study.db             the Optuna study
      selected.csv         the chosen ones
      selection.json       how they were chosen, and how good the choice is
      dataset.npz          classes, sizes and a few training samples, for the report
      pretrained/<name>/   networks that models of an architecture begin with, where pre-training was asked for
      models/<trial>/      checkpoint.pt  metrics.json  graph_int8.npz  model_int8.onnx  c/
      figures/             *.svg, *.png
      report.html          one self-contained page

The first data set evaluated belongs to the directory itself; every further one gets a folder of its own below it, drawn
alike.
"""

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import metadata
from pathlib import Path
from types import UnionType
from typing import Any

from prototypenas.errors import RunDirectoryError

Arguments = Mapping[str, Any]
"""What the user asked of one step: names to plain JSON values."""

VERSIONS = "made_with"
"""Section of `run.json` that is always there."""
RECORDED_VERSIONS = ("prototypenas", "torch", "torchvision", "numpy", "optuna", "lightning", "torch-pruning", "moocore")


@dataclass(frozen=True)
class RunDirectory:
    """The files of one run, seen from one of the data sets its models are trained on."""

    path: Path
    folder: str = ""
    """Folder of the data set's own; empty for the first data set, and before any."""

    @classmethod
    def create(cls, path: Path) -> "RunDirectory":
        """Make the folder if needed and see at once that it can be written.

        Raises:
            RunDirectoryError: if it cannot be made or written.
        """
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unwritable(path, error) from error
        check_place(path)
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> "RunDirectory":
        """Open an existing run.

        Raises:
            RunDirectoryError: if there is none.
        """
        if not cls(path).run_json.is_file():
            raise RunDirectoryError(
                f"{path} is not a run directory: it has no run.json; `prototypenas explore` makes one"
            )
        return cls.create(path)

    @property
    def run_json(self) -> Path:
        """Arguments of every step begun here."""
        return self.path / "run.json"

    @property
    def candidates_csv(self) -> Path:
        """One row per explored candidate."""
        return self.path / "candidates.csv"

    @property
    def exploration_json(self) -> Path:
        """Statistics of the exploration; there once it is finished."""
        return self.path / "exploration.json"

    @property
    def selected_csv(self) -> Path:
        """The chosen candidates."""
        return self.path / "selected.csv"

    @property
    def selection_json(self) -> Path:
        """How the chosen were chosen."""
        return self.path / "selection.json"

    @property
    def results(self) -> Path:
        """Where models, figures and report of the data set are."""
        return self.path / self.folder

    @property
    def figures(self) -> Path:
        """Folder of the figures."""
        return self.results / "figures"

    @property
    def report_html(self) -> Path:
        """The one-page report."""
        return self.results / "report.html"

    @property
    def evaluation_section(self) -> str:
        """Section of `run.json` that holds the training's arguments."""
        return f"evaluation {self.folder}".rstrip()

    def model(self, number: int) -> Path:
        """Folder of one trained model."""
        return self.results / "models" / str(number)

    def pretrained(self, name: str) -> Path:
        """Folder of one pre-trained network; it serves all data sets of the run."""
        return self.path / "pretrained" / name

    def bind(self, section: str, arguments: Arguments) -> None:
        """Record a step's arguments, or hold them against those already recorded.

        Raises:
            RunDirectoryError: if the run was made with other arguments; the message names each one that differs.
        """
        sections = self._sections()
        wanted = json.loads(json.dumps(arguments))
        recorded = sections.get(section)
        if recorded is None:
            self._write({**sections, section: wanted})
            return
        changed = differences(recorded, wanted)
        if changed:
            raise RunDirectoryError(
                f"{self.path} was made with other arguments ({changed}); repeat them to continue, or name another "
                "folder with --out"
            )

    def differs(self, section: str, arguments: Arguments) -> bool:
        """Say whether a step was begun with other arguments, or not at all."""
        recorded = self._sections().get(section)
        return recorded is None or bool(differences(recorded, json.loads(json.dumps(arguments))))

    def rebind(self, section: str, arguments: Arguments) -> None:
        """Record a step's arguments in place of any recorded before."""
        self._write({**self._sections(), section: json.loads(json.dumps(arguments))})

    def arguments(self, section: str) -> dict[str, Any]:
        """Read the recorded arguments of a step.

        Raises:
            RunDirectoryError: if the step has not begun.
        """
        sections = self._sections()
        if section not in sections:
            raise RunDirectoryError(f"{self.path} has no {section} yet; run that step first")
        return dict(sections[section])

    def recorded(self, section: str, **kinds: type | UnionType) -> tuple[Any, ...]:
        """Read some recorded arguments of a step, each of its kind.

        Raises:
            RunDirectoryError: if the step has not begun, or `run.json` lacks one of them or says something else there.
        """
        kept = self.arguments(section)
        for name, kind in kinds.items():
            if name not in kept or not isinstance(kept[name], kind):
                raise self._damaged(f"{name!r} in {section!r}")
        return tuple(kept[name] for name in kinds)

    def has(self, section: str) -> bool:
        """Say whether a step has begun here."""
        return section in self._sections()

    def absolute(self) -> "RunDirectory":
        """Give the same directory, named for processes that were started elsewhere."""
        return replace(self, path=self.path.resolve())

    def check_seen(self) -> None:
        """See, on the machine of a worker, that this is the same directory.

        Raises:
            RunDirectoryError: if it is not there.
        """
        if not self.run_json.is_file():
            raise RunDirectoryError(
                f"{platform.node()} does not see {self.path}: a run directory must be on a file system that all "
                "workers share, under the same path"
            )

    def for_dataset(self, name: str) -> "RunDirectory":
        """Look at the run from a data set: the first one owns it, every further one gets a folder of its own."""
        owner = self._sections().get("evaluation", {}).get("dataset", name)
        return replace(self, folder="" if owner == name else name)

    def evaluated(self) -> "list[RunDirectory]":
        """Give the run as seen from each data set that models were trained on."""
        sections = [name.split() for name in self._sections() if name.split()[0] == "evaluation"]
        return [replace(self, folder=" ".join(words[1:])) for words in sections]

    def _sections(self) -> dict[str, Any]:
        sections = read_json(self.run_json) if self.run_json.exists() else {}
        needed = [*sections, VERSIONS] if self.run_json.exists() else []
        results = {"exploration": self.exploration_json, "selection": self.selection_json}
        needed += [section for section, result in results.items() if result.exists()]
        for section in needed:
            if not isinstance(sections.get(section), dict):
                raise self._damaged(repr(section))
        return sections

    def _damaged(self, lacking: str) -> RunDirectoryError:
        return RunDirectoryError(
            f"{self.run_json} does not say {lacking}; restore it, or start again with another --out"
        )

    def _write(self, sections: Mapping[str, Any]) -> None:
        write_json(self.run_json, {**sections, VERSIONS: _versions()})


def check_place(path: Path) -> None:
    """See that a folder can be made and written, before any work is done for it; leaves nothing behind.

    Raises:
        RunDirectoryError: if it cannot.
    """
    try:
        nearest = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
        probe = nearest / ".writable"
        probe.write_bytes(bytes(4096))
        probe.unlink()
    except OSError as error:
        raise _unwritable(path, error) from error


def differences(recorded: Arguments, wanted: Arguments) -> str:
    """Name every argument that is not as it was, with both values; empty where all are."""
    return "; ".join(
        f"{name} was {recorded.get(name)!r}, now {wanted.get(name)!r}"
        for name in sorted({*recorded, *wanted})
        if recorded.get(name) != wanted.get(name)
    )


def write_json(file: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file whole or not at all.

    Raises:
        RunDirectoryError: if the disk is full or read-only.
    """
    write_text(file, json.dumps(content, indent=2) + "\n")


def write_text(file: Path, text: str) -> None:
    """Write a text file whole or not at all.

    Raises:
        RunDirectoryError: if the disk is full or read-only.
    """
    draft = file.with_name(file.name + ".draft")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("w") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(file)
    except OSError as error:
        raise RunDirectoryError(f"cannot write {file}: {error.strerror}; nothing already written is lost") from error


def read_json(file: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        RunDirectoryError: if the file is missing or corrupt; the message says what to do.
    """
    try:
        content = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise RunDirectoryError(
            f"{file} cannot be read ({error}); restore it, or start again with another --out"
        ) from error
    if not isinstance(content, dict):
        raise RunDirectoryError(f"{file} holds no JSON object; restore it, or start again with another --out")
    return content


def value_in(content: Mapping[str, Any], name: str, file: Path) -> Any:
    """Give a value of a JSON file that was read.

    Raises:
        RunDirectoryError: if the file lacks it.
    """
    if name not in content:
        raise RunDirectoryError(f"{file} has no {name!r}; remove it to make it again")
    return content[name]


def number_in(content: Mapping[str, Any], name: str, file: Path) -> Any:
    """Give a number of a JSON file that was read.

    Raises:
        RunDirectoryError: if the file lacks it, or holds something else there.
    """
    value = value_in(content, name, file)
    if type(value) not in (int, float):
        raise RunDirectoryError(f"{file} says {name} is {value!r}, not a number; remove it to make it again")
    return value


def _unwritable(path: Path, error: OSError) -> RunDirectoryError:
    return RunDirectoryError(f"cannot write to {path}: {error.strerror}; name another folder with --out")


def _versions() -> dict[str, str]:
    found = {name: metadata.version(name) for name in RECORDED_VERSIONS}
    return {"python": platform.python_version(), **found}
