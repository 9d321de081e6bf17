"""Places blocks of memory with lifetimes at offsets so that they need little room: greedy placement, then a search.

Two blocks that live at the same time lie apart, but for a block that ends where another begins: its operator may
allow the two to share memory as long as the ending one starts at least a lead behind the beginning one.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

SWAPS = 16
"""Random exchanges tried where no greedy order reaches the lower bound; 200 would save another 0.1 %."""
SWAPS_ABOVE_LIVE = 2000
"""Exchanges tried as long as the plan needs more than all live blocks side by side; hardly ever needed."""


@dataclass(frozen=True)
class Block:
    """Bytes that live from operator `first` to operator `last`, both included."""

    name: str
    size: int
    first: int
    last: int


Leads = Mapping[tuple[str, str], int]
"""By (ending block, beginning block): least distance from the beginning one's start to the ending one's start.

The ending block's `last` is the beginning block's `first`; pairs not named here lie apart.
"""

Conflicts = list[list[tuple[int, int, int]]]
"""For each block: (other block, low, high); it must not start strictly between `other + low` and `other + high`."""


def assign_offsets(blocks: Sequence[Block], leads: Leads) -> list[int]:
    """Return an offset to each block, the lowest 0; deterministic.

    Greedy placement in several orders, then random exchanges in the best one. Stops where the lower bound is reached.
    """
    bounds = step_bounds(blocks, leads)
    pressure = [max(bounds[block.first : block.last + 1]) for block in blocks]
    search = _Search(blocks, _conflicts(blocks, leads), max(bounds), live_bound(blocks))
    return search.run(_orders(blocks, pressure))


def lower_bound(blocks: Sequence[Block], leads: Leads) -> int:
    """Return bytes that no plan can go below: the greatest need of a single operator, best overlap included."""
    return max(step_bounds(blocks, leads))


def live_bound(blocks: Sequence[Block]) -> int:
    """Return the greatest sum of blocks alive at once: what a planner without overlap can reach at best."""
    return max(_live_bytes(blocks))


def step_bounds(blocks: Sequence[Block], leads: Leads) -> list[int]:
    """Return for each operator the least bytes that the blocks alive at it can be packed into."""
    bounds = _live_bytes(blocks)
    by_name = {block.name: block for block in blocks}
    sharing: dict[str, list[tuple[int, int]]] = {}
    for (ending, beginning), lead in leads.items():
        sharing.setdefault(beginning, []).append((by_name[ending].size, lead))
    for name, inputs in sharing.items():
        output = by_name[name]
        bounds[output.first] += _packed(output.size, inputs) - output.size - sum(size for size, _ in inputs)
    return bounds


def _live_bytes(blocks: Sequence[Block]) -> list[int]:
    changes = [0] * (max(block.last for block in blocks) + 2)
    for block in blocks:
        changes[block.first] += block.size
        changes[block.last + 1] -= block.size
    return list(accumulate(changes))[:-1]


# The bound is what no placement can beat: at each operator, everything alive there must lie somewhere. Only the blocks
# that end and begin at that operator may share bytes, and of few inputs every choice of those behind is tried.
def _packed(output: int, inputs: Sequence[tuple[int, int]]) -> int:
    """Return the least extent of an output and ending inputs `(size, lead)`, which lie apart from each other.

    Each input is either apart from the output or behind it by its lead.
    """
    if len(inputs) == 1:
        size, lead = inputs[0]
        return min(output + size, max(output, lead + size))
    together = sum(size for size, _ in inputs)
    least = output + together
    for chosen in range(1, 2 ** len(inputs)):
        behind = [pair for number, pair in enumerate(inputs) if chosen >> number & 1]
        size = sum(size for size, _ in behind)
        least = min(least, together - size + max(output, min(lead for _, lead in behind) + size))
    return least


def _conflicts(blocks: Sequence[Block], leads: Leads) -> Conflicts:
    conflicts: Conflicts = [[] for _ in blocks]
    alive: list[int] = []
    for later in sorted(range(len(blocks)), key=lambda index: blocks[index].first):
        block = blocks[later]
        alive = [index for index in alive if blocks[index].last >= block.first]
        for earlier in alive:
            # Counted from the start of the earlier block, the later one may start anywhere but within
            # (-lead, other.size): `lead` bytes below it, where the two may share memory, or behind its end.
            other = blocks[earlier]
            lead = min(leads.get((other.name, block.name), block.size), block.size)
            conflicts[later].append((earlier, -lead, other.size))
            conflicts[earlier].append((later, -other.size, lead))
        alive.append(later)
    return conflicts


def _orders(blocks: Sequence[Block], pressure: Sequence[int]) -> list[list[int]]:
    keys: tuple[Callable[[int], tuple[int, ...]], ...] = (
        lambda index: (-blocks[index].size, index),
        lambda index: (-pressure[index], -blocks[index].size, index),
        lambda index: (-pressure[index], index),
        lambda index: (blocks[index].first - blocks[index].last, -blocks[index].size, index),
    )
    return [sorted(range(len(blocks)), key=key) for key in keys]


class _Search:
    """The best offsets found so far, and how to find better ones."""

    def __init__(self, blocks: Sequence[Block], conflicts: Conflicts, lower: int, live: int) -> None:
        self.sizes = [block.size for block in blocks]
        self.conflicts = conflicts
        self.lower = lower
        self.live = live
        self.best: list[int] = []
        self.best_extent = sum(self.sizes) + 1
        self.beyond = 2 * self.best_extent  # no block of any placement reaches as far, up or down
        self.best_way: tuple[list[int], bool] = ([], False)

    def run(self, orders: Sequence[list[int]]) -> list[int]:
        for order in orders:
            for high in (False, True):
                if self.best_extent > self.lower:
                    self.attempt(order, self.best_extent - 1, high=high)
        self.exchange()
        return self.best

    def attempt(self, order: list[int], limit: int, *, high: bool) -> int:
        """Place in this order and remember the result if it is the best; give its extent, or more than `limit`."""
        offsets, extent = self.place(order, limit, high=high)
        if extent < self.best_extent:
            self.best, self.best_extent, self.best_way = offsets, extent, (order, high)
        return extent

    def exchange(self) -> None:
        """Swap two blocks of the order at a time, and keep what does not make it worse."""
        # Greedy placement depends on the order alone, so orders are searched, not offsets. Equal extents are accepted:
        # plateaus are wide, and a walk over them finds exits that pure descent does not. The seed is fixed, so a plan
        # is a function of its graph.
        generator = random.Random(0)
        order, high = self.best_way
        extent, tried = self.best_extent, 0
        while len(order) > 1 and self.best_extent > self.lower:
            if tried >= (SWAPS if self.best_extent <= self.live else SWAPS_ABOVE_LIVE):
                return
            tried += 1
            first, second = generator.sample(range(len(order)), 2)
            changed = list(order)
            changed[first], changed[second] = changed[second], changed[first]
            needed = self.attempt(changed, extent, high=high)
            if needed <= extent:
                order, extent = changed, needed

    def place(self, order: Sequence[int], limit: int, *, high: bool) -> tuple[list[int], int]:
        """Put each block where the extent grows least; `high` breaks ties upwards. Gives up above `limit`."""
        placed: dict[int, int] = {}
        bottom, top = 0, self.sizes[order[0]]
        for index in order:
            size = self.sizes[index]
            lowest, highest = min(bottom, top - size), max(bottom, top - size)
            best_growth, best_start = limit + 1, 0
            for floor, ceiling in self.free_stretches(index, placed):
                # Anywhere from lowest to highest the extent grows least; outside, the nearer the better.
                start = max(min(ceiling, highest), floor) if high else min(max(floor, lowest), ceiling)
                growth = max(top, start + size) - min(bottom, start)
                if growth < best_growth or (high and growth == best_growth):
                    best_growth, best_start = growth, start
            if best_growth > limit:
                return [], best_growth
            placed[index] = best_start
            bottom, top = min(bottom, best_start), max(top, best_start + size)
        return [placed[index] - bottom for index in range(len(order))], top - bottom

    def free_stretches(self, index: int, placed: Mapping[int, int]) -> Iterator[tuple[int, int]]:
        """Return least and greatest start of every free stretch for a block, upwards."""
        taken = [
            (placed[other] + low, placed[other] + high) for other, low, high in self.conflicts[index] if other in placed
        ]
        taken.sort()
        reach = -self.beyond
        for low, high in taken:
            if low >= reach:
                yield reach, low
            reach = max(reach, high)
        yield reach, self.beyond
