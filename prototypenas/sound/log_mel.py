"""Log-mel spectrograms in integers alone, so that a microcontroller computes the bytes that training saw.

Each frame of 16-bit samples is weighted by a Hann window, transformed by a radix-2 FFT with 14-bit twiddle factors, and
its power is summed under triangles, evenly spaced on the mel scale `2595 log10(1 + f/700)` (O'Shaughnessy 1987).
A feature is four times the binary logarithm of such a sum, rounded down: steps of 0.75 dB in one byte.
`deployment/templates/log_mel.c.j2` does the same operations in the same order.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from prototypenas.errors import ConfigurationError

WINDOW_BITS = 15
TWIDDLE_BITS = 14
WEIGHT_BITS = 8
LONGEST_FRAME = 4096
"""Above it the sum under a triangle may leave 64 bits."""
MOST_BANDS = 128
LOWEST_HZ = 60.0
HIGHEST_SHARE = 0.475
"""Highest frequency as a share of the sample rate: filters before a converter fall off towards a half."""
QUARTERS = (77936, 92682, 110218)
"""2 to the 1/4, 2/4 and 3/4 with 16 binary places."""
FRAMES_AT_ONCE = 4096


@dataclass(frozen=True)
class LogMel:
    """How a clip of mono 16-bit sound becomes a picture of `bands` rows and `frames` columns, one byte a feature."""

    rate_hz: int
    clip: int
    """Samples of a clip."""
    frame: int
    """Samples of a frame, a power of two."""
    hop: int
    """Samples from the beginning of a frame to that of the next."""
    bands: int = 40

    def __post_init__(self) -> None:
        if self.frame & (self.frame - 1) or not 16 <= self.frame <= LONGEST_FRAME:
            raise ConfigurationError(
                f"frame of {self.frame} samples; a power of two of 16 to {LONGEST_FRAME} is needed"
            )
        if self.hop < 1 or self.rate_hz < 1 or self.clip < self.frame:
            found = f"clip {self.clip}, frame {self.frame}, hop {self.hop}, {self.rate_hz} Hz"
            raise ConfigurationError(f"{found}; a clip holds at least a frame")
        if not 1 <= self.bands <= MOST_BANDS or not self._all_bands_hold_a_frequency():
            raise ConfigurationError(
                f"{self.bands} bands do not suit frames of {self.frame} samples at {self.rate_hz} Hz: "
                f"1 to {MOST_BANDS}, and each has to hold a frequency"
            )

    def _all_bands_hold_a_frequency(self) -> bool:
        _, bands, weights = self.filters
        sums = np.zeros(self.bands + 2, dtype=np.int64)
        np.add.at(sums, bands + 1, weights)
        np.add.at(sums, bands, (1 << WEIGHT_BITS) - weights)
        return bool((sums[1:-1] > 0).all())

    @property
    def frames(self) -> int:
        """Columns of the picture."""
        return (self.clip - self.frame) // self.hop + 1

    @cached_property
    def window(self) -> NDArray[np.int64]:
        """The Hann window, 15 binary places."""
        angles = 2 * np.pi * np.arange(self.frame) / self.frame
        return np.rint((0.5 - 0.5 * np.cos(angles)) * ((1 << WINDOW_BITS) - 1)).astype(np.int64)

    @cached_property
    def twiddles(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Cosine and sine of the first half turn, 14 binary places."""
        angles = 2 * np.pi * np.arange(self.frame // 2) / self.frame
        scale = 1 << TWIDDLE_BITS
        return np.rint(np.cos(angles) * scale).astype(np.int64), np.rint(np.sin(angles) * scale).astype(np.int64)

    @cached_property
    def filters(self) -> tuple[int, NDArray[np.int64], NDArray[np.int64]]:
        """First bin of the FFT that counts; then, for it and each next one, the band it rises in and its weight there.

        What a weight lacks of 256 goes to the band below, whose triangle falls there.
        """
        highest = HIGHEST_SHARE * self.rate_hz
        mels = np.linspace(_mel(LOWEST_HZ), _mel(highest), self.bands + 2)
        edges = 700 * (10 ** (mels / 2595) - 1) * self.frame / self.rate_hz
        bins = np.arange(math.ceil(edges[0]), math.floor(edges[-1]) + 1)
        bands = np.clip(np.searchsorted(edges, bins, side="right") - 1, 0, self.bands)
        rising = (bins - edges[bands]) / (edges[bands + 1] - edges[bands])
        return int(bins[0]), bands.astype(np.int64), np.rint(rising * (1 << WEIGHT_BITS)).astype(np.int64)

    def features(self, clips: NDArray[np.int16]) -> NDArray[np.uint8]:
        """Map clips `(N, clip)` to pictures `(N, bands, frames)`."""
        assert clips.ndim == 2 and clips.shape[1] == self.clip and clips.dtype == np.int16
        views = np.lib.stride_tricks.sliding_window_view(clips, self.frame, axis=1)[:, :: self.hop]
        pictures = np.empty((len(clips), self.bands, self.frames), dtype=np.uint8)
        part = max(1, FRAMES_AT_ONCE // self.frames)
        for start in range(0, len(clips), part):
            frames = views[start : start + part].reshape(-1, self.frame)
            columns = self.columns(frames).reshape(-1, self.frames, self.bands)
            pictures[start : start + part] = columns.transpose(0, 2, 1)
        return pictures

    def columns(self, frames: NDArray[np.int16]) -> NDArray[np.uint8]:
        """Map frames `(N, frame)` to features `(N, bands)`."""
        weighted = (frames.astype(np.int64) * self.window + (1 << (WINDOW_BITS - 1))) >> WINDOW_BITS
        real, imaginary = self._transformed(weighted)
        first, bands, weights = self.filters
        counted = slice(first, first + len(bands))
        power = (real[:, counted] ** 2 + imaginary[:, counted] ** 2).astype(np.uint64)
        rising = weights.astype(np.uint64)
        sums = np.zeros((len(frames), self.bands + 2), dtype=np.uint64)
        for place, band in enumerate(bands.tolist()):
            sums[:, band + 1] += power[:, place] * rising[place]
            sums[:, band] += power[:, place] * (np.uint64(1 << WEIGHT_BITS) - rising[place])
        return quarter_logarithm(sums[:, 1:-1])

    def _transformed(self, values: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Decimation in time; every product is rounded to the nearest before it is added."""
        order = _bit_reversed(self.frame)
        real, imaginary = values[:, order], np.zeros_like(values)
        cosine, sine = self.twiddles
        half = 1
        while half < self.frame:
            step = self.frame // (2 * half)
            real = real.reshape(len(values), -1, 2, half)
            imaginary = imaginary.reshape(len(values), -1, 2, half)
            c, s = cosine[::step], sine[::step]
            low, high, low_i, high_i = real[:, :, 0], real[:, :, 1], imaginary[:, :, 0], imaginary[:, :, 1]
            turned = _rounded(high * c + high_i * s)
            turned_i = _rounded(high_i * c - high * s)
            real = np.stack((low + turned, low - turned), axis=2).reshape(len(values), -1)
            imaginary = np.stack((low_i + turned_i, low_i - turned_i), axis=2).reshape(len(values), -1)
            half *= 2
        return real, imaginary


def quarter_logarithm(values: NDArray[np.uint64]) -> NDArray[np.uint8]:
    """Return `floor(4 * log2(value))`, and 0 for 0."""
    exponent = np.zeros(values.shape, dtype=np.uint64)
    rest = values.copy()
    for shift in (32, 16, 8, 4, 2, 1):
        large = rest >= np.uint64(1 << shift)
        rest = np.where(large, rest >> np.uint64(shift), rest)
        exponent += np.where(large, np.uint64(shift), np.uint64(0))
    above, below = np.maximum(exponent, 16) - np.uint64(16), np.uint64(16) - np.minimum(exponent, 16)
    mantissa = (values >> above) << below
    quarters = sum((mantissa >= np.uint64(threshold)).astype(np.uint64) for threshold in QUARTERS)
    return (np.uint64(4) * exponent + quarters).astype(np.uint8)


def _mel(hertz: float) -> float:
    return 2595 * math.log10(1 + hertz / 700)


def _rounded(values: NDArray[np.int64]) -> NDArray[np.int64]:
    shifted: NDArray[np.int64] = (values + (1 << (TWIDDLE_BITS - 1))) >> TWIDDLE_BITS
    return shifted


def _bit_reversed(size: int) -> Sequence[int]:
    bits = size.bit_length() - 1
    return [int(format(place, f"0{bits}b")[::-1], 2) for place in range(size)]
