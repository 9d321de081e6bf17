"""The order in which a segment of layers is run row by row, and the rows that must be kept for it.

Rows of the segment's input come one after the other. As soon as one has come, every row that can be made is made, the
deepest layer first, so that a row is used up before the next one of its map is made. What is kept of a map is a ring
of rows: as many as are needed at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from prototypenas.costing.row_layers import RowLayer

TAKE_ROW = 255
"""The step in which the application hands in the next input row; other steps are layers of the segment."""

LONGEST_PERIOD = 64
"""Input rows after which the order may repeat itself: more than the product of the strides of any of our networks."""


@dataclass(frozen=True)
class Map:
    """A map by rows; `whole` ones are not a ring."""

    rows: int
    row_bytes: int
    whole: bool


@dataclass(frozen=True)
class Schedule:
    """Steps of one segment, each a layer counted from the segment's first, as the C follows them.

    Each entry holds what one row of the segment's input sets off.
    """

    opening: tuple[bytes, ...]
    repeated: tuple[bytes, ...]
    times: int
    closing: tuple[bytes, ...]

    @property
    def steps(self) -> bytes:
        """All steps, one after the other."""
        return b"".join((*self.opening, *self.repeated * self.times, *self.closing))

    @property
    def table_bytes(self) -> int:
        """Bytes of the table in the C."""
        return sum(map(len, (*self.opening, *self.repeated, *self.closing)))


@dataclass(frozen=True)
class RowRun:
    """What came of running a segment row by row."""

    schedule: Schedule
    ring_rows: Mapping[str, int]
    """Rows kept of each map that lives in the segment only."""
    leads: Mapping[tuple[str, str], int]
    """By (input, output): least distance from the output's first byte to the input's if they may share memory."""


def run_rows(
    layers: Sequence[RowLayer], maps: Mapping[str, Map], driver: str, *, rows_at_once: int, streamed: bool
) -> RowRun:
    """Run the layers of a segment over the rows of `driver`, its input; `streamed` if it is handed in row by row.

    `maps` are those the layers read and write. Whole ones that no layer writes are there from the beginning. A layer
    makes `rows_at_once` rows in a step as long as there are as many.
    """
    run = _Run(layers, maps, driver, rows_at_once, streamed=streamed)
    run.start()
    rings = {name: run.rings[name] for name, found in maps.items() if not found.whole}
    return RowRun(_folded(run.ticks), rings, run.leads)


class _Run:
    """The state while rows come in."""

    def __init__(
        self, layers: Sequence[RowLayer], maps: Mapping[str, Map], driver: str, rows_at_once: int, *, streamed: bool
    ) -> None:
        self.layers, self.maps, self.driver = layers, maps, driver
        self.rows_at_once, self.streamed = rows_at_once, streamed
        self.made = [0] * len(layers)
        self.readers: dict[str, list[int]] = {name: [] for name in maps}
        self.writers: dict[str, list[int]] = {name: [] for name in maps}
        for number, layer in enumerate(layers):
            self.writers[layer.writes].append(number)
            for name in layer.reads:
                self.readers[name].insert(0, number)
        self.sources = [[(name, maps[name].rows) for name in layer.reads] for layer in layers]
        self.there = {name: 0 if self.writers[name] else found.rows for name, found in maps.items()}
        self.there[driver] = 0
        self.rings = dict.fromkeys(maps, 1)
        self.outputs = {name for name, found in maps.items() if found.whole and self.writers[name]}
        self.inputs = [name for name, found in maps.items() if found.whole and not self.writers[name]]
        self.leads = {(source, target): 0 for source in self.inputs for target in self.outputs if source != target}
        self.ticks: list[bytearray] = []

    def start(self) -> None:
        driver = self.maps[self.driver]
        for row in range(driver.rows):
            self.ticks.append(bytearray([TAKE_ROW] if self.streamed else []))
            self.keep(self.driver, row + 1)
            self.there[self.driver] = row + 1
            self.pass_on(self.driver)

    def pass_on(self, name: str) -> None:
        """Make every row that the rows of a map allow, the deepest reader first."""
        for number in self.readers[name]:
            while (count := self.ready(number)) > 0:
                self.make(number, count)

    def ready(self, number: int) -> int:
        needs, made = self.layers[number].rule.needs, self.made[number]
        count = min(self.rows_at_once, len(needs) - made)
        if count == 0:
            return 0
        needed = needs[made + count - 1]
        for name, rows in self.sources[number]:
            there = self.there[name]
            if there < needed and there < rows:
                return 0
        return count

    def make(self, number: int, count: int) -> None:
        layer, made = self.layers[number], self.made[number]
        target = layer.writes
        self.ticks[-1].append(number)
        if target in self.outputs:
            if not layer.rule.sums or made + count == layer.rule.steps:
                self.note_leads(number, count)
        elif not layer.rule.sums:
            self.keep(target, made + count)
        self.made[number] = made + count
        rows = min(map(self.finished, self.writers[target]))
        if rows > self.there[target]:
            self.there[target] = rows
            self.pass_on(target)

    def finished(self, number: int) -> int:
        rule, made = self.layers[number].rule, self.made[number]
        return int(made == rule.steps) if rule.sums else made

    def first_needed(self, name: str) -> int:
        """Return the first row of a map that a layer still reads."""
        firsts = [self.layers[number].rule.firsts[self.made[number]] for number in self.readers[name]]
        return min(firsts, default=self.maps[name].rows)

    def keep(self, name: str, end: int) -> None:
        """Widen a map's ring so that its row `end - 1` overwrites nothing."""
        rows = end - self.first_needed(name)
        if rows > self.rings[name]:
            unit = self.rows_at_once
            self.rings[name] = min(self.maps[name].rows, -(-rows // unit) * unit)

    def note_leads(self, number: int, count: int) -> None:
        """Keep an output's next rows away from the input rows that this step or a later one reads."""
        layer, made = self.layers[number], self.made[number]
        target = self.maps[layer.writes]
        for name in self.inputs:
            source = self.maps[name]
            start, end = (0, 1) if layer.rule.sums else (made, made + count)
            lead = end * target.row_bytes - self.first_needed(name) * source.row_bytes
            if layer.elementwise and name in layer.reads:
                self.made[number] = made + count
                later = end * target.row_bytes - self.first_needed(name) * source.row_bytes
                self.made[number] = made
                lead = min(lead, max(later, start * (target.row_bytes - source.row_bytes)))
            key = (name, layer.writes)
            if key in self.leads:
                self.leads[key] = max(self.leads[key], lead)


def _folded(ticks: Sequence[bytearray]) -> Schedule:
    """Write steps that come again and again once: the stretch of whole ticks that saves most."""
    texts = [bytes(tick) for tick in ticks]
    numbers = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    order = np.array([numbers[text] for text in texts])
    before = np.concatenate([[0], np.cumsum([len(text) for text in texts])])
    best, saved = (0, 0, 0), 0
    for period in range(1, min(LONGEST_PERIOD, len(texts) // 2) + 1):
        alike = np.concatenate([[False], order[period:] == order[:-period], [False]])
        changes = np.flatnonzero(alike[1:] != alike[:-1])
        starts, ends = changes[::2], changes[1::2]
        again = (ends - starts) // period
        savings = again * (before[np.minimum(starts + period, len(texts))] - before[starts])
        if savings.size and savings.max() > saved:
            stretch = int(savings.argmax())
            best, saved = (int(starts[stretch]), period, int(again[stretch]) + 1), int(savings[stretch])
    start, period, times = best
    end = start + period * times
    return Schedule(tuple(texts[:start]), tuple(texts[start : start + period]), times, tuple(texts[end:]))
