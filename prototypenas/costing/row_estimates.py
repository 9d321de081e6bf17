"""Rows that rings need and how far maps may share memory, for every segment at once, without running any.

All layers are followed over the rows of the network's input: how many rows of each map there are after each input row,
and which are still needed. Between two rows of a segment's input nothing else happens than when the whole network is
run row by row, so that the figures hold for every segment. They are exact where a map gets one row at a time; where
several come at once, as at the lower edge, they are a row or so off, and `run_rows` tells the truth about a plan.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from prototypenas.costing.row_layers import RowLayer
from prototypenas.costing.row_schedule import Map

Rows = NDArray[np.int64]
"""A number of rows after each row of the network's input, the first entry before any."""


class RowEstimates:
    """What `run_rows` would find, nearly, for the whole network."""

    def __init__(self, layers: Sequence[RowLayer], maps: Mapping[str, Map], driver: str) -> None:
        self.layers, self.maps = layers, maps
        ticks = maps[driver].rows + 1
        self.there: dict[str, Rows] = {driver: np.arange(ticks)}
        self.highest: dict[str, Rows] = dict(self.there)
        self.made: list[Rows] = []
        self.readers: dict[str, list[int]] = {name: [] for name in maps}
        self._written: dict[str, tuple[Rows, Rows]] = {}
        self._needed: dict[str, Rows] = {}
        for number, layer in enumerate(layers):
            self._follow(number, layer, ticks)

    def _follow(self, number: int, layer: RowLayer, ticks: int) -> None:
        needs = np.asarray(layer.rule.needs)
        available: Rows = np.minimum.reduce([self._available(name, needs[-1]) for name in layer.reads])
        made: Rows = np.searchsorted(needs, available, side="right")
        self.made.append(made)
        for name in layer.reads:
            self.readers[name].append(number)
        rows = (made == layer.rule.steps).astype(np.int64) if layer.rule.sums else made
        known = layer.writes in self.there
        self.there[layer.writes] = np.minimum(self.there[layer.writes], rows) if known else rows
        self.highest[layer.writes] = np.maximum(self.highest[layer.writes], rows) if known else rows

    def _available(self, name: str, rows: int) -> Rows:
        """Return the rows there are of a map; one that is complete, be it a row of factors, holds nobody up."""
        there = self.there[name]
        return np.where(there == self.maps[name].rows, np.maximum(there, rows), there)

    @cached_property
    def first_needed(self) -> dict[str, Rows]:
        """For each map, the first row that is still read."""
        found = {}
        for name, readers in self.readers.items():
            firsts = [np.asarray(self.layers[number].rule.firsts)[self.made[number]] for number in readers]
            found[name] = np.minimum.reduce(firsts) if firsts else self.there[name]
        return found

    @cached_property
    def ring_rows(self) -> dict[str, int]:
        """For each map, rows kept at once."""
        rings = {}
        for name, rows in self.highest.items():
            comes = rows[1:] > rows[:-1]
            kept = (rows[:-1] + 1 - self.first_needed[name][:-1])[comes]
            rings[name] = max(1, min(self.maps[name].rows, int(kept.max(initial=1))))
        return rings

    def lead(self, source: str, target: str) -> int:
        """Return how far behind an output's first byte its input must start, at least."""
        written, ticks = self._writes(target)
        return max(0, int((written - self._needed_bytes(source)[ticks]).max()))

    def _writes(self, name: str) -> tuple[Rows, Rows]:
        """For each row of a map, the bytes written with it, and the tick that tells what it leaves needed."""
        if name not in self._written:
            rows, row = self.highest[name], np.arange(1, self.maps[name].rows + 1)
            ticks = np.maximum(np.searchsorted(rows, row), 1)
            alone = rows[ticks] - rows[ticks - 1] == 1
            self._written[name] = row * self.maps[name].row_bytes, np.where(alone, ticks, ticks - 1)
        return self._written[name]

    def _needed_bytes(self, name: str) -> Rows:
        if name not in self._needed:
            self._needed[name] = self.first_needed[name] * self.maps[name].row_bytes
        return self._needed[name]
