"""What a run writes, and where it lies.

runs/cifar10-imxrt1062/
  run.json             everything needed to repeat it: the arguments of the exploration and of each data set
  candidates.jsonl     journal of the exploration, one line a finished candidate
  candidates.csv       the same as a table, infeasible ones too, with the reason
  exploration.json     statistics of the exploration; there once it is finished
  study.db             the Optuna study
  selection.json       what was asked for, which were chosen, and how good the choice is
  selected.csv         the chosen ones
  pretrained/<name>/   networks that models of an architecture begin with, where pre-training was asked for
  datasets/<name>/     one folder a data set that models were trained on
    dataset.npz        classes, sizes and a few training samples, for the report
    models/<trial>/    checkpoint.pt  metrics.json  graph_int8.npz  model_int8.onnx  c/
    figures/           *.svg, *.png
    report.html        one self-contained page
"""

import json
import platform
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import quote

from prototypenas.choices import shortened
from prototypenas.errors import RunDirectoryError
from prototypenas.runs.atomic_files import read_json, write_json
from prototypenas.runs.lock import locked
from prototypenas.runs.records import Arguments, ExplorationRecord, differences, record_of
from prototypenas.runs.run_log import kept_log

VERSIONS = "made_with"
IDENTITY = "identity"
EXPLORATION = "exploration"
DATASETS = "datasets"
SETTINGS = "settings"
"""Sections of `run.json`; the first two are always there."""
RECORDED_VERSIONS = ("prototypenas", "torch", "torchvision", "numpy", "optuna", "lightning", "torch-pruning", "moocore")


@dataclass(frozen=True)
class RunDirectory:
    """The files of one run."""

    path: Path

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
            RunDirectoryError: if there is none, or its name is longer than any file's.
        """
        try:
            there = cls(path).run_json.is_file()
        except OSError as error:
            raise RunDirectoryError(f"{shortened(str(path))} is not a run directory: {error.strerror}") from error
        if not there:
            raise RunDirectoryError(
                f"{path} is not a run directory: it has no run.json; `prototypenas explore` makes one"
            )
        return cls.create(path)

    @property
    def run_json(self) -> Path:
        """Arguments of the exploration and of every data set."""
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
        """What was asked of the selection and what was chosen."""
        return self.path / "selection.json"

    def pretrained(self, name: str) -> Path:
        """Return the folder of one pre-trained network; it serves all data sets of the run."""
        return self.path / "pretrained" / name

    def dataset(self, name: str) -> "DatasetDirectory":
        """Return the part of the run that belongs to a data set."""
        return DatasetDirectory(self, name)

    def datasets(self) -> "tuple[DatasetDirectory, ...]":
        """Return the parts of all data sets that models were trained on, the first first."""
        return tuple(DatasetDirectory(self, name) for name in self._sections().get(DATASETS, {}))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory for this process, and keep a log of what is done meanwhile.

        Raises:
            RunDirectoryError: if another process holds it.
        """
        with locked(self.path), kept_log(self.path):
            yield

    def identity(self) -> str:
        """Return a name that no other run has; a storage that several runs share tells their studies apart by it.

        Raises:
            RunDirectoryError: if nothing has begun here.
        """
        found = self._sections().get(IDENTITY)
        if not isinstance(found, str):
            raise self._damaged(repr(IDENTITY))
        return found

    def exploration(self) -> ExplorationRecord:
        """Return what the run was explored for.

        Raises:
            RunDirectoryError: if nothing was explored here, or `run.json` is damaged.
        """
        return record_of(ExplorationRecord, self.arguments(), f"'exploration' in {self.run_json}")

    def arguments(self) -> dict[str, Any]:
        """Return the recorded arguments of the exploration.

        Raises:
            RunDirectoryError: if it has not begun.
        """
        sections = self._sections()
        if EXPLORATION not in sections:
            raise RunDirectoryError(f"{self.path} has no exploration yet; run that step first")
        return dict(sections[EXPLORATION])

    def note_settings(self, settings: Arguments) -> None:
        """Record what the user set, so that the run can be repeated or go on without being told again."""
        sections = self._sections()
        wanted = _as_json(settings)
        if sections.get(SETTINGS) != wanted:
            self._write({**sections, SETTINGS: wanted})

    def settings(self) -> dict[str, Any]:
        """Return what the user set.

        Raises:
            RunDirectoryError: if nothing was recorded.
        """
        sections = self._sections()
        if SETTINGS not in sections:
            raise RunDirectoryError(f"{self.path} has no settings recorded; give them anew")
        return dict(sections[SETTINGS])

    def setting(self, name: str) -> object | None:
        """Return one value that the user set; `None` where nothing was recorded."""
        value: object = self._sections().get(SETTINGS, {}).get(name)
        return value

    def bind(self, arguments: Arguments, settings: Arguments | None = None) -> None:
        """Record the exploration's arguments, or hold them against those already recorded; `trials` may grow.

        `settings` are recorded with them as they are.

        Raises:
            RunDirectoryError: if the run was made with other arguments; the message names each one that differs.
        """
        sections = self._sections()
        wanted = _as_json(arguments)
        recorded = sections.get(EXPLORATION, wanted)
        more = {"trials": max(wanted.get("trials", 0), recorded.get("trials", 0))}
        self._refuse({**recorded, **more} if "trials" in recorded else recorded, wanted)
        news = {EXPLORATION: wanted, **({SETTINGS: _as_json(settings)} if settings else {})}
        if any(sections.get(name) != value for name, value in news.items()):
            self._write({**sections, **news})

    def bind_dataset(self, name: str, arguments: Arguments) -> None:
        """Record the arguments of a data set's trainings, or hold them against those already recorded.

        Raises:
            RunDirectoryError: if its models were trained with other arguments; the message names each that differs.
        """
        sections = self._sections()
        wanted = _as_json(arguments)
        known = sections.get(DATASETS, {})
        if name in known:
            self._refuse(known[name], wanted)
        else:
            self._write({**sections, DATASETS: {**known, name: wanted}})

    def dataset_arguments(self, name: str) -> dict[str, Any]:
        """Return the recorded arguments of a data set's trainings.

        Raises:
            RunDirectoryError: if nothing was trained on it.
        """
        known = self._sections().get(DATASETS, {})
        if name not in known:
            raise RunDirectoryError(f"{self.path} has no models trained on {name} yet; run `prototypenas evaluate`")
        return dict(known[name])

    def absolute(self) -> "RunDirectory":
        """Return the same directory, named for processes that were started elsewhere."""
        return RunDirectory(self.path.resolve())

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

    def _refuse(self, recorded: Arguments, wanted: Arguments) -> None:
        changed = differences(recorded, wanted)
        if changed:
            raise RunDirectoryError(
                f"{self.path} was made with other arguments ({changed}); repeat them to continue, or name another "
                "folder with --out"
            )

    def _sections(self) -> dict[str, Any]:
        there = self.run_json.exists()
        sections = read_json(self.run_json) if there else {}
        needed = {VERSIONS} if there else set()
        needed |= {EXPLORATION} if self.exploration_json.exists() else set()
        for section in needed | (sections.keys() - {IDENTITY}):
            if not isinstance(sections.get(section), dict):
                raise self._damaged(repr(section))
        for name, arguments in sections.get(DATASETS, {}).items():
            if not isinstance(arguments, dict):
                raise self._damaged(f"{name!r} in {DATASETS!r}")
        return sections

    def _damaged(self, lacking: str) -> RunDirectoryError:
        return RunDirectoryError(
            f"{self.run_json} does not say {lacking}; restore it, or start again with another --out"
        )

    def _write(self, sections: Mapping[str, Any]) -> None:
        kept = {IDENTITY: uuid.uuid4().hex, **sections, VERSIONS: _versions()}
        write_json(self.run_json, kept)


@dataclass(frozen=True)
class DatasetDirectory:
    """The files of a run that belong to one data set."""

    run: RunDirectory
    name: str

    @property
    def path(self) -> Path:
        """Folder of the data set."""
        return self.run.path / DATASETS / quote(self.name, safe=" ")

    @property
    def figures(self) -> Path:
        """Folder of the figures."""
        return self.path / "figures"

    @property
    def report_html(self) -> Path:
        """The one-page report."""
        return self.path / "report.html"

    def model(self, number: int) -> Path:
        """Return the folder of one trained model."""
        return self.path / "models" / str(number)

    def bind(self, arguments: Arguments) -> None:
        """Record the arguments of the trainings, or hold them against those already recorded.

        Raises:
            RunDirectoryError: if the models were trained with other arguments.
        """
        self.run.bind_dataset(self.name, arguments)

    def arguments(self) -> dict[str, Any]:
        """Return the recorded arguments of the trainings.

        Raises:
            RunDirectoryError: if nothing was trained on this data set.
        """
        return self.run.dataset_arguments(self.name)

    def absolute(self) -> "DatasetDirectory":
        """Return the same folder, named for processes that were started elsewhere."""
        return DatasetDirectory(self.run.absolute(), self.name)


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


def _as_json(arguments: Arguments) -> dict[str, Any]:
    return json.loads(json.dumps(arguments))  # type: ignore[no-any-return]


def _unwritable(path: Path, error: OSError) -> RunDirectoryError:
    return RunDirectoryError(f"cannot write to {path}: {error.strerror}; name another folder with --out")


def _versions() -> dict[str, str]:
    found = {name: metadata.version(name) for name in RECORDED_VERSIONS}
    return {"python": platform.python_version(), **found}
