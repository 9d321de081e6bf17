"""Places blocks of memory with lifetimes at offsets so that they need little room: greedy placement, then a search.

Two blocks that live at the same time lie apart, but for a block that ends where another begins: its operator may
allow the two to share memory as long as the ending one starts at least a lead behind the beginning one.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

SWAPS = 60
"""Random exchanges tried where no greedy order reaches the lower bound."""
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
"""By (ending block, beginning block): least distance from the beginning one's start to the ending one's start."""

Conflicts = list[list[tuple[int, int, int]]]
"""For each block: (other block, low, high); it must not start strictly between `other + low` and `other + high`."""


def assign_offsets(blocks: Sequence[Block], leads: Leads) -> list[int]:
    """Give an offset to each block, the lowest 0; deterministic.

    Greedy placement in several orders, then exchanges in the best order. Stops where `lower_bound` is reached.
    """
    conflicts = _conflicts(blocks, leads)
    bounds = [max(step_bound(blocks, leads, step) for step in {block.first, block.last}) for block in blocks]
    search = _Search(blocks, conflicts, lower_bound(blocks, leads), live_bound(blocks))
    return search.run(_orders(blocks, bounds))


def lower_bound(blocks: Sequence[Block], leads: Leads) -> int:
    """Give bytes that no plan can go below: the greatest need of a single operator, best overlap included."""
    return max(step_bound(blocks, leads, step) for step in {block.first for block in blocks})


def live_bound(blocks: Sequence[Block]) -> int:
    """Give the greatest sum of blocks alive at once: what a planner without overlap can reach at best."""
    return max(
        sum(block.size for block in blocks if block.first <= step <= block.last)
        for step in {block.first for block in blocks}
    )


def step_bound(blocks: Sequence[Block], leads: Leads, step: int) -> int:
    """Give the least bytes that the blocks alive at one operator can be packed into."""
    live = [block for block in blocks if block.first <= step <= block.last]
    for output in live:
        sharing = [block for block in live if (block.name, output.name) in leads and block.last == output.first == step]
        if sharing:
            apart = sum(block.size for block in live if block not in sharing and block is not output)
            return apart + _packed(output, sharing, leads)
    return sum(block.size for block in live)


def _packed(output: Block, sharing: Sequence[Block], leads: Leads) -> int:
    """Each sharing block is either apart from the output or behind it by its lead; they are apart from each other."""
    least = output.size + sum(block.size for block in sharing)
    for chosen in range(1, 2 ** len(sharing)):
        behind = [block for number, block in enumerate(sharing) if chosen >> number & 1]
        apart = sum(block.size for block in sharing) - sum(block.size for block in behind)
        lead = min(leads[block.name, output.name] for block in behind)
        least = min(least, apart + max(output.size, lead + sum(block.size for block in behind)))
    return least


def _conflicts(blocks: Sequence[Block], leads: Leads) -> Conflicts:
    conflicts: Conflicts = [[] for _ in blocks]
    by_start = sorted(range(len(blocks)), key=lambda index: blocks[index].first)
    alive: list[int] = []
    for later in by_start:
        block = blocks[later]
        alive = [index for index in alive if blocks[index].last >= block.first]
        for earlier in alive:
            other = blocks[earlier]
            lead = min(leads.get((other.name, block.name), block.size), block.size)
            conflicts[later].append((earlier, -lead, other.size))
            conflicts[earlier].append((later, -other.size, lead))
        alive.append(later)
    return conflicts


def _orders(blocks: Sequence[Block], bounds: Sequence[int]) -> list[list[int]]:
    indices = range(len(blocks))
    keys: tuple[Callable[[int], tuple[int, ...]], ...] = (
        lambda index: (-blocks[index].size, index),
        lambda index: (-bounds[index], -blocks[index].size, index),
        lambda index: (-bounds[index], index),
        lambda index: (blocks[index].first - blocks[index].last, -blocks[index].size, index),
        lambda index: (index,),
        lambda index: (-index,),
    )
    return [sorted(indices, key=key) for key in keys]


class _Search:
    """The best offsets found so far, and how to find better ones."""

    def __init__(self, blocks: Sequence[Block], conflicts: Conflicts, lower: int, live: int) -> None:
        self.sizes = [block.size for block in blocks]
        self.conflicts = conflicts
        self.lower = lower
        self.live = live
        self.best: list[int] = []
        self.best_extent = sum(self.sizes) + 1

    def run(self, orders: Sequence[list[int]]) -> list[int]:
        best_order, best_high = orders[0], False
        for order in orders:
            for high in (False, True):
                if self.try_order(order, high=high):
                    best_order, best_high = order, high
                if self.best_extent <= self.lower:
                    return self.best
        self.exchange(best_order, high=best_high)
        return self.best

    def exchange(self, order: list[int], *, high: bool) -> None:
        """Swap two blocks of the order at a time, and keep what does not make it worse."""
        generator = random.Random(0)
        extent, tried = self.best_extent, 0
        while len(order) > 1 and self.best_extent > self.lower:
            if tried >= (SWAPS if self.best_extent <= self.live else SWAPS_ABOVE_LIVE):
                return
            tried += 1
            first, second = generator.sample(range(len(order)), 2)
            changed = list(order)
            changed[first], changed[second] = changed[second], changed[first]
            offsets, needed = self.place(changed, high=high)
            if needed <= extent:
                order, extent = changed, needed
            if needed < self.best_extent:
                self.best, self.best_extent = offsets, needed

    def try_order(self, order: list[int], *, high: bool) -> bool:
        offsets, extent = self.place(order, high=high)
        if extent >= self.best_extent:
            return False
        self.best, self.best_extent = offsets, extent
        return True

    def place(self, order: Sequence[int], *, high: bool) -> tuple[list[int], int]:
        """Put each block where the extent grows least; `high` breaks ties upwards."""
        placed: dict[int, int] = {}
        bottom, top = 0, self.sizes[order[0]]
        for index in order:
            size = self.sizes[index]
            best_key, best_start = None, 0
            for start in self.starts(index, placed, bottom, top):
                key = (max(top, start + size) - min(bottom, start), -start if high else start)
                if best_key is None or key < best_key:
                    best_key, best_start = key, start
            placed[index] = best_start
            bottom, top = min(bottom, best_start), max(top, best_start + size)
        return [placed[index] - bottom for index in range(len(order))], top - bottom

    def starts(self, index: int, placed: Mapping[int, int], bottom: int, top: int) -> list[int]:
        """Give the ends of every free stretch for a block, and the ends of the extent where they are free."""
        taken = sorted(
            (placed[other] + low, placed[other] + high) for other, low, high in self.conflicts[index] if other in placed
        )
        wishes = (bottom, top - self.sizes[index])
        if not taken:
            return list(wishes)
        starts = [wish for wish in wishes if not any(low < wish < high for low, high in taken)]
        reach = taken[0][0]
        starts.append(reach)
        for low, high in taken:
            if low >= reach:
                starts += (reach, low)
            reach = max(reach, high)
        return [*starts, reach]
