"""WAV files as mono 16-bit samples of one rate."""

import struct
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.io import wavfile
from scipy.signal import resample_poly

from prototypenas.errors import DatasetError


def read_wav(path: Path) -> tuple[int, NDArray[np.int16]]:
    """Read the sample rate and the samples: 8, 16, 24 or 32 bits or floating point; channels are averaged.

    Raises:
        DatasetError: if the file is truncated, empty, or of a compressed kind.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", wavfile.WavFileWarning)  # chunks that hold no sound
            rate, samples = wavfile.read(path)
    except (ValueError, EOFError, struct.error, OSError, TypeError, KeyError, ZeroDivisionError, MemoryError) as error:
        raise DatasetError(f"{path} is truncated or no WAV of plain samples: {error}") from error
    if not samples.size or rate < 1:
        raise DatasetError(f"{path} holds no sample")
    return int(rate), _mono(_as_16_bits(samples, path))


def at_rate(samples: NDArray[np.int16], rate: int, wanted: int) -> NDArray[np.int16]:
    """Change the sample rate by a polyphase filter."""
    if rate == wanted:
        return samples
    shared = int(np.gcd(rate, wanted))
    changed = resample_poly(samples.astype(np.float64), wanted // shared, rate // shared)
    return np.clip(np.rint(changed), -32_768, 32_767).astype(np.int16)


def clips_of(samples: NDArray[np.int16], length: int) -> Sequence[NDArray[np.int16]]:
    """Cut consecutive clips out of a sound; a single one from its middle, a short one followed by silence."""
    count = len(samples) // length
    if count >= 2:
        return [samples[number * length : (number + 1) * length] for number in range(count)]
    if count == 1:
        start = (len(samples) - length) // 2
        return [samples[start : start + length]]
    return [np.concatenate((samples, np.zeros(length - len(samples), dtype=np.int16)))]


def _as_16_bits(samples: NDArray[np.generic], path: Path) -> NDArray[np.int16]:
    if samples.dtype == np.int16:
        return samples.astype(np.int16, copy=False)
    if samples.dtype == np.uint8:
        return (samples.astype(np.int16) - 128) * 256
    if samples.dtype == np.int32:  # 24 bits are read into the upper ones
        return (samples.astype(np.int32) >> 16).astype(np.int16)
    if samples.dtype.kind == "f":
        if not np.isfinite(samples).all():
            raise DatasetError(f"{path} holds samples that are not finite")
        return np.clip(np.rint(samples.astype(np.float64) * 32_767), -32_768, 32_767).astype(np.int16)
    raise DatasetError(f"{path} has samples of kind {samples.dtype}; 8, 16, 24 or 32 bits or floating point are read")


def _mono(samples: NDArray[np.int16]) -> NDArray[np.int16]:
    if samples.ndim == 1:
        return samples
    mean: NDArray[np.int16] = (samples.astype(np.int64).sum(axis=1) // samples.shape[1]).astype(np.int16)
    return mean
