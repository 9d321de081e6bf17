"""The exploration's memory on disk: one line a finished candidate, written before anything builds on it.

A line survives the process from the moment it is written; a failing machine costs the last `SYNC_SECONDS` at most.
Everything else a run writes of its exploration (table, study) is derived from it and can be made again.
"""

import json
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from time import monotonic
from typing import Any

from prototypenas.errors import ConfigurationError, RunDirectoryError
from prototypenas.exploration.candidate_evaluation import Evaluated, Seconds
from prototypenas.runs.records import differences
from prototypenas.types import (
    Built,
    Candidate,
    Configuration,
    Cost,
    Explored,
    Footprint,
    GroupConfiguration,
    Invalid,
    Rejected,
    Rejection,
    Scored,
)

JOURNAL = "candidates.jsonl"
"""Name of the file in a run directory."""

FORMAT = 3

CHECK = "check"
"""Last value of a line: the CRC-32 of its other values, so that a changed digit is noticed."""

SYNC_SECONDS = 0.25
"""The disk is waited for no more often: a wait takes milliseconds, which is what quick candidates take."""


class Journal:
    """An append-only file of finished candidates; its first line says which exploration it belongs to."""

    def __init__(self, path: Path, identity: Mapping[str, Any]) -> None:
        """Open or begin the journal; a last line torn by a crash is cut off.

        Raises:
            RunDirectoryError: if it belongs to another exploration, is corrupt, or cannot be written.
        """
        self._path = path
        self._synced = 0.0
        self.recorded: dict[int, Evaluated[Explored]] = {}
        """What an earlier, interrupted run of the same exploration had finished, by number."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._stream = path.open("a+b")
        except OSError as error:
            raise RunDirectoryError(f"cannot write {path}: {error.strerror}") from error
        try:
            self._recover({"format": FORMAT, **identity})
        except RunDirectoryError:
            self.close()
            raise

    def append(self, finished: Iterable[Evaluated[Explored]]) -> None:
        """Record candidates; they survive the process from here on.

        Raises:
            RunDirectoryError: if the disk is full.
        """
        entries = [_to_json(item) for item in finished]
        text = "".join(json.dumps({**entry, CHECK: _check(entry)}) + "\n" for entry in entries)
        if text:
            self._write(text)

    def close(self) -> None:
        """Close the file, with all of it on the disk."""
        with self._disk_errors(), self._stream:
            os.fsync(self._stream.fileno())

    def _write(self, text: str) -> None:
        with self._disk_errors():
            self._stream.write(text.encode())
            self._stream.flush()
            if monotonic() > self._synced + SYNC_SECONDS:
                os.fsync(self._stream.fileno())
                self._synced = monotonic()
                if os.fstat(self._stream.fileno()).st_nlink == 0:
                    raise RunDirectoryError(f"{self._path} was removed while the exploration wrote to it")

    @contextmanager
    def _disk_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise RunDirectoryError(
                f"cannot write {self._path}: {error.strerror}; nothing already written is lost"
            ) from error

    def _recover(self, identity: Mapping[str, Any]) -> None:
        self._stream.seek(0)
        content = self._stream.read()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            self._stream.truncate(whole)
        lines = content[:whole].splitlines()
        if not lines:
            self._write(json.dumps(identity) + "\n")
            return
        self._compare(self._parsed(lines[0], 1), json.loads(json.dumps(identity)))
        for number, line in enumerate(lines[1:], start=2):
            entry = self._parsed(line, number)
            if entry.pop(CHECK, None) != _check(entry):
                raise self._corrupt(number)
            try:
                item = _from_json(entry)
            except (KeyError, TypeError, ValueError, AttributeError, ConfigurationError) as error:
                raise self._corrupt(number) from error
            self.recorded.setdefault(item.candidate.number, item)

    def _parsed(self, line: bytes, number: int) -> dict[str, Any]:
        try:
            entry = json.loads(line)
        except ValueError as error:
            raise self._corrupt(number) from error
        if not isinstance(entry, dict):
            raise self._corrupt(number)
        return entry

    def _corrupt(self, number: int) -> RunDirectoryError:
        return RunDirectoryError(
            f"{self._path}, line {number} is corrupt; delete that line and what follows to explore it again, "
            "or start in another folder"
        )

    def _compare(self, recorded: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
        changed = differences(recorded, wanted)
        if changed:
            raise RunDirectoryError(
                f"{self._path} belongs to another exploration ({changed}); "
                "repeat its arguments, or name another folder with --out"
            )


def _check(entry: Mapping[str, Any]) -> int:
    return zlib.crc32(json.dumps(entry).encode())


def _to_json(item: Evaluated[Explored]) -> dict[str, Any]:
    candidate = item.candidate
    return {
        "number": candidate.number,
        "configuration": asdict(candidate.configuration),
        "cost": asdict(candidate.cost) if isinstance(candidate, Built) else None,
        "digest": candidate.digest if isinstance(candidate, Built) else None,
        "scores": dict(candidate.scores) if isinstance(candidate, Scored) else {},
        "rejection": asdict(candidate.rejection) if isinstance(candidate, Invalid | Rejected) else None,
        "seconds": asdict(item.seconds),
    }


def _from_json(entry: Mapping[str, Any]) -> Evaluated[Explored]:
    configuration = entry["configuration"]
    groups = tuple(GroupConfiguration(**group) for group in configuration["groups"])
    asked = Candidate(
        int(entry["number"]), Configuration(configuration["architecture"], configuration["width"], groups)
    )
    return Evaluated(_explored(asked, entry), Seconds(**entry["seconds"]))


def _explored(asked: Candidate, entry: Mapping[str, Any]) -> Explored:
    cost, rejection = entry["cost"], entry["rejection"] and Rejection(**entry["rejection"])
    if cost is None and rejection is None:
        raise ValueError(f"candidate {asked.number} has neither a cost nor a rejection")
    if cost is None:
        return asked.invalid(rejection)
    built = asked.built(Cost(**{**cost, "footprint": Footprint(**cost["footprint"])}), entry["digest"])
    return built.rejected(rejection) if rejection else built.scored(dict(entry["scores"]))
