"""What a graph says about its tensors before anything is placed: sizes, lifetimes, possible concatenations in place."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from prototypenas.costing.offset_assignment import Block, step_bounds
from prototypenas.graph.graph import Graph
from prototypenas.graph.operator import Operator
from prototypenas.graph.operators.concat import Concat
from prototypenas.graph.sliding import round_up


@dataclass(frozen=True)
class Lifetime:
    """First and last operator, by index, at which a tensor's bytes must be kept; both included."""

    first: int
    last: int


class Structure:
    """What the graph says about its tensors, before anything is decided.

    Sizes and leads are whole multiples of `alignment`, so that every offset made of them is one too.
    """

    def __init__(self, graph: Graph, alignment: int) -> None:
        self.graph, self.alignment = graph, alignment
        self.lifetimes = _lifetimes(graph)
        self.producers = {operator.output: operator for operator in graph.operators}
        self.readers = Counter(graph.outputs)
        for operator in graph.operators:
            self.readers.update(operator.inputs)
        self.concats = {
            operator.output: members
            for operator in graph.operators
            if isinstance(operator, Concat) and (members := self._members(operator))
        }
        self.sizes = {name: round_up(graph.tensors[name].elements, alignment) for name in self.lifetimes}
        self._dense_leads = self._all_leads()
        self.plain_blocks = self.blocks(frozenset())
        self.plain_bounds = step_bounds(self.plain_blocks, self._dense_leads)
        """Least bytes of each operator as long as no concatenation is in place."""
        live = step_bounds(self.plain_blocks, {})
        self._overlapped = [apart - least for apart, least in zip(live, self.plain_bounds, strict=True)]

    def members(self, in_place: Iterable[str]) -> dict[str, tuple[str, int]]:
        """Return the tensors written into concatenations in place: the concatenation, and the first channel there."""
        return {name: (concat, start) for concat in in_place for name, start in self.concats[concat].items()}

    def blocks(self, in_place: frozenset[str]) -> tuple[Block, ...]:
        """Return a block for each tensor, or for a concatenation in place and the tensors in it."""
        members = self.members(in_place)
        first = {name: lifetime.first for name, lifetime in self.lifetimes.items()}
        for name, (concat, _) in members.items():
            first[concat] = min(first[concat], first[name])
        return tuple(
            Block(name, self.sizes[name], first[name], lifetime.last)
            for name, lifetime in self.lifetimes.items()
            if name not in members
        )

    def leads(self, in_place: frozenset[str]) -> dict[tuple[str, str], int]:
        """Return the leads that still hold: an output written beside others does not overlap an input."""
        members = self.members(in_place)
        return {
            (ending, beginning): lead
            for (ending, beginning), lead in self._dense_leads.items()
            if beginning not in members and beginning not in in_place
        }

    def bounds_in_place(self, bounds: Sequence[int], concat: str) -> list[int]:
        """Return the operators' least bytes once one more concatenation is in place; `bounds` are those before.

        It lives from its first member on, the members take no room of their own, and neither it nor they overlap an
        input any more.
        """
        changed, members = list(bounds), self.concats[concat]
        writers = [self.lifetimes[name].first for name in (*members, concat)]
        for step in range(min(writers), self.lifetimes[concat].first):
            changed[step] += self.sizes[concat]
        for name in members:
            for step in range(self.lifetimes[name].first, self.lifetimes[name].last + 1):
                changed[step] -= self.sizes[name]
        for step in writers:
            changed[step] += self._overlapped[step]
        return changed

    def concatenations_in_place(self) -> frozenset[str]:
        """Take each concatenation in place that does not raise the bound, layer by layer."""
        bounds: Sequence[int] = self.plain_bounds
        chosen = set()
        for concat in self.concats:
            tried = self.bounds_in_place(bounds, concat)
            if max(tried) <= max(bounds):
                chosen.add(concat)
                bounds = tried
        return frozenset(chosen)

    def _members(self, concat: Operator) -> dict[str, int]:
        """Return the inputs a concatenation can have in place: written with gaps, but read by nobody else."""
        members, start = {}, 0
        for name in concat.inputs:
            if name in self.producers and self.readers[name] == 1 and self.producers[name].writes_with_gaps:
                members[name] = start
            start += self.graph.tensors[name].channels
        return members

    def _all_leads(self) -> dict[tuple[str, str], int]:
        leads = {}
        for index, operator in enumerate(self.graph.operators):
            ending = [name for name in operator.inputs if self.lifetimes[name].last == index]
            if ending:
                lead = round_up(operator.input_lead_bytes(self.graph.tensors), self.alignment)
                if lead < self.sizes[operator.output]:
                    leads.update({(name, operator.output): lead for name in ending})
        return leads

    def places(self, in_place: Iterable[str]) -> dict[str, tuple[str, int]]:
        """Return for each tensor the block it lies in, and how far behind its start."""
        members = self.members(in_place)
        return {name: members.get(name, (name, 0)) for name in self.lifetimes}


def _lifetimes(graph: Graph) -> dict[str, Lifetime]:
    first = {graph.input: 0} | {operator.output: index for index, operator in enumerate(graph.operators)}
    last = dict(first)
    for index, operator in enumerate(graph.operators):
        last.update(dict.fromkeys(operator.inputs, index))
    last.update(dict.fromkeys(graph.outputs, len(graph.operators) - 1))
    return {name: Lifetime(start, last[name]) for name, start in first.items()}
