"""Damaged data of a user's own: each file is read, or refused in one line, in bounded time.

    python -m benchmarks.data_faults --times 500

Valid data of every form are written, one file of them is changed at random (bytes flipped, cut off, doubled, emptied,
lines dropped, doubled or exchanged, cells replaced, the file given another suffix or taken away), and the result is
opened as `prototypenas run --data` does. Prints how many were read and refused by form, and every traceback or hang.
"""

import argparse
import signal
import struct
import tempfile
import time
import traceback
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from scipy.io import wavfile

from evaluators.datasets.own_data import Reading, open_dataset
from prototypenas.errors import PrototypeNASError

LIMIT_SECONDS = 60
TAKEN_AWAY, RENAMED = "taken away", "another suffix"
LAYOUTS = (
    "NHW",
    "NHWC",
    "NCHW",
    "NT",
    "NTC",
    "NCT",
    "4x4",
    "wide",
    "long",
    "stream",
    "split",
    "classes",
    "name-part-1",
)
CELLS = (
    "",
    "NaN",
    "inf",
    "-1e400",
    "?",
    "label",
    "train",
    "0x1f",
    "é",
    "\0",
    "1,5",
    '"',
    "9" * 400,
    "True",
    "2020-01-01",
)


@dataclass(frozen=True)
class Fault:
    """What came of one damaged data set."""

    form: str
    change: str
    outcome: str
    """`read`, `refused`, `traceback` or `hang`."""
    detail: str
    seconds: float


class _Hang(Exception):
    """The time is up."""


def provoke(times: int, seed: int) -> Iterator[Fault]:
    """Damage and open that many data sets, the forms in turn."""
    forms = list(FORMS.items())
    for number in range(times):
        generator = np.random.default_rng((seed, number))
        name, write = forms[number % len(forms)]
        with tempfile.TemporaryDirectory() as folder:
            path = write(Path(folder), generator)
            change = _damage(Path(folder), generator)
            yield _outcome(name, change, path, _reading(generator))


def _reading(generator: np.random.Generator) -> Reading:
    if generator.random() < 0.8:
        return Reading()
    return Reading(layout=str(generator.choice(LAYOUTS)))


def _outcome(form: str, change: str, path: Path, reading: Reading) -> Fault:
    started = time.monotonic()
    shape = (1, 8, 8) if form in ("pictures", "zip") else None
    outcome, detail = "read", ""
    try:
        with warnings.catch_warnings(), _time_limit():
            warnings.simplefilter("error")
            open_dataset(path, input_shape=shape, reading=reading)
    except PrototypeNASError as error:
        outcome, detail = "refused", str(error)
    except _Hang:
        outcome = "hang"
    except BaseException:  # noqa: BLE001  (a fault of any kind is what is looked for)
        outcome, detail = "traceback", traceback.format_exc()
    if outcome == "refused" and "\n" in detail:
        outcome = "traceback"  # more than one line
    return Fault(form, change, outcome, detail, time.monotonic() - started)


@contextmanager
def _time_limit() -> Iterator[None]:
    def end(*_: object) -> None:
        raise _Hang

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(LIMIT_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _damage(folder: Path, generator: np.random.Generator) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    path = files[generator.integers(len(files))]
    names = [*CHANGES, TAKEN_AWAY, RENAMED]
    name = names[generator.integers(len(names))]
    content = path.read_bytes()
    if name == TAKEN_AWAY:
        path.unlink()
    elif name == RENAMED:
        path.rename(
            path.with_suffix(str(generator.choice([".npz", ".csv", ".ts", ".png", ".wav", ".zip", ".parquet"])))
        )
    else:
        path.write_bytes(CHANGES[name](content, generator))
    return f"{path.name}: {name}"


def _flipped(content: bytes, generator: np.random.Generator) -> bytes:
    values = np.frombuffer(content, dtype=np.uint8).copy()
    for _ in range(int(generator.integers(1, 9))):
        if len(values):
            values[generator.integers(len(values))] = generator.integers(256)
    return values.tobytes()


def _cut(content: bytes, generator: np.random.Generator) -> bytes:
    return content[: int(generator.integers(len(content) + 1))]


def _hole(content: bytes, generator: np.random.Generator) -> bytes:
    start, end = sorted(int(place) for place in generator.integers(0, len(content) + 1, 2))
    return content[:start] + bytes(end - start) + content[end:]


def _lines(change: Callable[[list[bytes], np.random.Generator], None]) -> Callable[[bytes, np.random.Generator], bytes]:
    def changed(content: bytes, generator: np.random.Generator) -> bytes:
        lines = content.split(b"\n")
        change(lines, generator)
        return b"\n".join(lines)

    return changed


def _drop(lines: list[bytes], generator: np.random.Generator) -> None:
    del lines[generator.integers(len(lines))]


def _double(lines: list[bytes], generator: np.random.Generator) -> None:
    lines.insert(int(generator.integers(len(lines))), lines[generator.integers(len(lines))])


def _exchange(lines: list[bytes], generator: np.random.Generator) -> None:
    first, second = generator.integers(len(lines), size=2)
    lines[first], lines[second] = lines[second], lines[first]


def _cell(lines: list[bytes], generator: np.random.Generator) -> None:
    place = int(generator.integers(len(lines)))
    separator = b":" if b":" in lines[place] and generator.random() < 0.5 else b","
    cells = lines[place].split(separator)
    cells[generator.integers(len(cells))] = CELLS[generator.integers(len(CELLS))].encode()
    lines[place] = separator.join(cells)


CHANGES: Mapping[str, Callable[[bytes, np.random.Generator], bytes]] = {
    "bytes flipped": _flipped,
    "cut off": _cut,
    "zeros inside": _hole,
    "emptied": lambda content, generator: b"",
    "twice": lambda content, generator: content + content,
    "a line dropped": _lines(_drop),
    "a line doubled": _lines(_double),
    "lines exchanged": _lines(_exchange),
    "a cell replaced": _lines(_cell),
}


def _npz(folder: Path, generator: np.random.Generator) -> Path:
    kinds = (np.uint8, np.float32, np.int16)
    shape = [(20, 16), (20, 16, 16), (20, 16, 16, 3), (20, 3, 40)][generator.integers(4)]
    values = generator.integers(0, 256, shape).astype(kinds[generator.integers(3)])
    save = np.savez if generator.random() < 0.5 else np.savez_compressed
    save(folder / "own.npz", x=values, y=np.arange(20) % 3)
    return folder / "own.npz"


def _npy(folder: Path, generator: np.random.Generator) -> Path:
    np.save(folder / "X_train.npy", generator.normal(size=(20, 3, 40)))
    np.save(folder / "y_train.npy", np.arange(20) % 2)
    return folder


def _table(generator: np.random.Generator) -> pd.DataFrame:
    if generator.random() < 0.5:
        values = pd.DataFrame(generator.normal(size=(20, 12))).add_prefix("t")
        return values.assign(label=["up", "down"] * 10)
    steps = np.arange(200)
    return pd.DataFrame(
        {"series": steps // 10, "label": steps // 10 % 2, "x": steps, "y": -steps, "group": steps // 50}
    )


def _csv(folder: Path, generator: np.random.Generator) -> Path:
    separator = str(generator.choice([",", ";", "\t"]))
    _table(generator).to_csv(folder / "own.csv", index=False, sep=separator, header=bool(generator.random() < 0.8))
    return folder / "own.csv"


def _parquet(folder: Path, generator: np.random.Generator) -> Path:
    _table(generator).to_parquet(folder / "own.parquet")
    return folder / "own.parquet"


def _ts(folder: Path, generator: np.random.Generator) -> Path:
    header = "@problemName Toy\n@timeStamps false\n@univariate false\n@dimensions 2\n@classLabel true a b\n@data\n"
    for part in ("TRAIN", "TEST"):
        rows = [f"1,2,{n}:4,?,{-n}:{'ab'[n % 2]}" for n in range(10)]
        (folder / f"Toy_{part}.ts").write_text(header + "\n".join(rows))
    return folder


def _pictures(folder: Path, generator: np.random.Generator) -> Path:
    kind = str(generator.choice(["png", "jpg", "bmp", "gif", "tif", "webp"]))
    for label in ("nut", "screw"):
        (folder / label).mkdir()
        for number in range(4):
            pixels = generator.integers(0, 256, (12, 12, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(folder / label / f"{number}.{kind}")
    return folder


def _sounds(folder: Path, generator: np.random.Generator) -> Path:
    for label in ("yes", "no"):
        (folder / label).mkdir()
        for number in range(4):
            samples = generator.integers(-1000, 1000, 2000).astype(np.int16)
            wavfile.write(folder / label / f"ab{number}_nohash_0.wav", 8000, samples)
    return folder


def _recordings(folder: Path, generator: np.random.Generator) -> Path:
    for label in ("walk", "run"):
        (folder / label).mkdir()
        for number in range(4):
            table = pd.DataFrame({"time": range(20), "x": generator.normal(size=20), "y": generator.normal(size=20)})
            table.to_csv(folder / label / f"{number}.csv", index=False)
    return folder


def _idx(folder: Path, generator: np.random.Generator) -> Path:
    for name, values in {
        "train-images-idx3-ubyte": generator.integers(0, 256, (20, 9, 9), dtype=np.uint8),
        "train-labels-idx1-ubyte": (np.arange(20) % 2).astype(np.uint8),
    }.items():
        head = bytes((0, 0, 8, values.ndim)) + struct.pack(f">{values.ndim}I", *values.shape)
        (folder / name).write_bytes(head + values.tobytes())
    return folder


def _zip(folder: Path, generator: np.random.Generator) -> Path:
    with tempfile.TemporaryDirectory() as inner:
        _pictures(Path(inner), generator)
        with zipfile.ZipFile(folder / "own.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for path in sorted(Path(inner).rglob("*.*")):
                archive.write(path, path.relative_to(inner))
    return folder / "own.zip"


FORMS: Mapping[str, Callable[[Path, np.random.Generator], Path]] = {
    "npz": _npz,
    "npy": _npy,
    "csv": _csv,
    "parquet": _parquet,
    "ts": _ts,
    "pictures": _pictures,
    "sounds": _sounds,
    "recordings": _recordings,
    "idx": _idx,
    "zip": _zip,
}


def summary(faults: Sequence[Fault]) -> str:
    """Return a table of outcomes by form, and all that should not have been."""
    outcomes = ("read", "refused", "traceback", "hang")
    lines = [f"{'form':<12}" + "".join(f"{outcome:>11}" for outcome in outcomes) + "   slowest [s]"]
    for form in FORMS:
        mine = [fault for fault in faults if fault.form == form]
        counts = Counter(fault.outcome for fault in mine)
        slowest = max((fault.seconds for fault in mine), default=0.0)
        lines.append(f"{form:<12}" + "".join(f"{counts[outcome]:>11}" for outcome in outcomes) + f"{slowest:>14.2f}")
    wrong = [fault for fault in faults if fault.outcome in ("traceback", "hang")]
    return "\n".join(lines + [f"\n{fault.form}, {fault.change}: {fault.outcome}\n{fault.detail}" for fault in wrong])


def main() -> None:
    """Read the command line, damage, print."""
    parser = argparse.ArgumentParser(description="Open damaged data of every form.")
    parser.add_argument("--times", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(summary(list(provoke(options.times, options.seed))))


if __name__ == "__main__":
    main()
