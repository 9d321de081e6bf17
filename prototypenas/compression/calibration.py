"""Ranges of a float graph's tensors from data: smallest and largest value, a percentile, or least squared error."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from prototypenas.compression.float_execution import execute, float_weights
from prototypenas.compression.ranges import Range, join_ranges
from prototypenas.errors import QuantizationError
from prototypenas.graph.graph import Graph

BINS = 2048
STEPS = 255

DEFAULT_PERCENTILE = 99.99

KEPT_SHARES = np.linspace(0.2, 1.0, 81)
"""Shares of each end of a range that the search for the least squared error tries."""


@dataclass(frozen=True, eq=False)
class Histogram:
    """Values of one tensor over all batches, zeros left out: they cost nothing, as 0.0 is exactly representable."""

    lower: float
    upper: float
    counts: NDArray[np.float64]
    """`(BINS,)`, evenly wide from `lower` to `upper`."""

    @property
    def centres(self) -> NDArray[np.float64]:
        """Middle of each bin."""
        width = (self.upper - self.lower) / self.counts.size
        return self.lower + width * (np.arange(self.counts.size, dtype=np.float64) + 0.5)


Observer = Callable[[Histogram], Range]
"""Chooses a tensor's range from its histogram."""


def min_max_range(histogram: Histogram) -> Range:
    """Return the smallest and largest value seen."""
    return Range(histogram.lower, histogram.upper)


def percentile_range(histogram: Histogram, percentile: float = DEFAULT_PERCENTILE) -> Range:
    """Return the range that leaves out `100 - percentile` percent of the values at each end."""
    cumulated = np.cumsum(histogram.counts)
    if cumulated[-1] == 0:
        return min_max_range(histogram)
    edges = np.linspace(histogram.lower, histogram.upper, histogram.counts.size + 1)
    outside = (1.0 - percentile / 100.0) * cumulated[-1]
    first = int(np.searchsorted(cumulated, outside, side="right"))
    last = int(np.searchsorted(cumulated, cumulated[-1] - outside, side="left"))
    return Range(float(edges[first]), float(edges[last + 1]))


def squared_error_range(histogram: Histogram) -> Range:
    """Return the range of least squared error: `step^2 / 12` for a value inside, its distance for one outside.

    Each end is moved in turn, twice, with the other end fixed.
    """
    lower, upper = min(0.0, histogram.lower), max(0.0, histogram.upper)
    best_lower, best_upper = lower, upper
    for _ in range(2):
        best_upper = _least_error(histogram, [(best_lower, upper * share) for share in KEPT_SHARES])[1]
        best_lower = _least_error(histogram, [(lower * share, best_upper) for share in KEPT_SHARES])[0]
    return Range(best_lower, best_upper)


OBSERVERS: Mapping[str, Observer] = {
    "min-max": min_max_range,
    "percentile": percentile_range,
    "mse": squared_error_range,
}


def calibrate(graph: Graph, batches: Iterable[Tensor], *, observer: Observer = squared_error_range) -> dict[str, Range]:
    """Run a float-stage graph over batches `(N, *graph.input_shape)` and choose each tensor's range.

    Two passes: the first finds the ends, the second fills the histograms between them. Tensors that share a
    quantization share the joined range.

    Raises:
        QuantizationError: if there is no batch, or a tensor holds a value that is not finite.
    """
    kept = list(batches)
    if not kept:
        raise QuantizationError("calibration needs at least one batch of inputs")
    run = partial(execute, graph, weights=float_weights(graph, kept[0].device))
    with torch.no_grad():
        ends = _find_ends(run(batch) for batch in kept)
        histograms = _fill_histograms((run(batch) for batch in kept), ends)
    return join_ranges(graph, {name: observer(histogram) for name, histogram in histograms.items()})


def _find_ends(runs: Iterable[Mapping[str, Tensor]]) -> dict[str, Range]:
    found: dict[str, Range] = {}
    for tensors in runs:
        for name, values in tensors.items():
            lower, upper = (float(end) for end in torch.aminmax(values))
            if not (np.isfinite(lower) and np.isfinite(upper)):
                raise QuantizationError(f"tensor {name} holds a value that is not finite")
            seen = found.get(name, Range(lower, upper))
            found[name] = Range(min(seen.lower, lower), max(seen.upper, upper))
    return found


def _fill_histograms(runs: Iterable[Mapping[str, Tensor]], ends: Mapping[str, Range]) -> dict[str, Histogram]:
    counts = {name: np.zeros(BINS) for name in ends}
    for tensors in runs:
        for name, values in tensors.items():
            counts[name] += _counted(values, ends[name])
    return {name: Histogram(limits.lower, limits.upper, counts[name]) for name, limits in ends.items()}


def _counted(values: Tensor, limits: Range) -> NDArray[np.float64]:
    if limits.upper <= limits.lower:
        return np.zeros(BINS)
    counts = torch.histc(values.float(), BINS, limits.lower, limits.upper).cpu().numpy().astype(np.float64)
    if limits.lower <= 0.0 <= limits.upper:
        position = int(-limits.lower / (limits.upper - limits.lower) * BINS)
        zeros = int((values == 0).sum())
        counts[min(position, BINS - 1)] = max(0.0, counts[min(position, BINS - 1)] - zeros)
    return counts


def _least_error(histogram: Histogram, limits: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the limits of least squared error; the tails' errors come from running moments of the histogram."""
    ends = np.asarray(limits)
    lower, upper = ends[:, 0], ends[:, 1]
    centres = histogram.centres
    moments = [np.concatenate([[0.0], np.cumsum(histogram.counts * centres**power)]) for power in range(3)]
    first, last = np.searchsorted(centres, lower), np.searchsorted(centres, upper, side="right")
    below = [moment[first] for moment in moments]
    above = [moment[-1] - moment[last] for moment in moments]
    inside = (moments[0][last] - moments[0][first]) * ((upper - lower) / STEPS) ** 2 / 12.0
    error = inside + _squared_distance(below, lower) + _squared_distance(above, upper)
    chosen = len(ends) - 1 - int(np.argmin(error[::-1]))
    return float(lower[chosen]), float(upper[chosen])


def _squared_distance(moments: Sequence[NDArray[np.float64]], end: NDArray[np.float64]) -> NDArray[np.float64]:
    distance: NDArray[np.float64] = moments[2] - 2 * end * moments[1] + end**2 * moments[0]
    return distance
