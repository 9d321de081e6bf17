"""Windows of a large set, cut out of its files once and kept beside them."""

import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SPARE = 2
"""Windows are kept only where the disk has this many times their size left."""


def prepared_windows(
    folder: Path,
    files: Sequence[Path],
    *,
    name: str,
    shape: tuple[int, ...],
    read: Callable[[Path], NDArray[np.float32]],
) -> NDArray[np.float32]:
    """Return what `read` makes of every file, `(files, *shape)`, read-only; the second call finds it on the disk.

    Kept as `<name>-<key>.f32` in `folder`, which may be removed at any time; `name` tells all that `read` depends on
    but the files. Their places, sizes and times of change are in the key, so a changed file is read again. Where the
    folder cannot be written or is nearly full, nothing is kept.

    Raises:
        What `read` raises.
    """
    kept = folder / f"{name}-{_key(folder, files, shape)}.f32"
    whole = (len(files), *shape)
    size = 4 * int(np.prod(whole))
    if kept.is_file() and kept.stat().st_size == size:
        return np.memmap(kept, dtype="<f4", mode="r", shape=whole)
    if not os.access(folder, os.W_OK) or shutil.disk_usage(folder).free < SPARE * size:
        return np.stack([_checked(read(path), shape) for path in files])
    partial = kept.with_name(f"{kept.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as stream:
            for path in files:
                stream.write(_checked(read(path), shape).astype("<f4").tobytes())
        partial.replace(kept)
    finally:
        partial.unlink(missing_ok=True)
    return np.memmap(kept, dtype="<f4", mode="r", shape=whole)


def _checked(windows: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    assert windows.shape == shape  # a reader that breaks its promise would shift all that follows
    return windows


def _key(folder: Path, files: Sequence[Path], shape: tuple[int, ...]) -> str:
    digest = hashlib.sha256(repr(shape).encode())
    for path in files:
        state = path.stat()
        digest.update(repr((path.relative_to(folder).as_posix(), state.st_size, state.st_mtime_ns)).encode())
    return digest.hexdigest()[:16]
