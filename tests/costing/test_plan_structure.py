"""What a graph says of its tensors before anything is placed."""

import torch
from torch import nn

from prototypenas.costing.plan_structure import Lifetime, Structure
from prototypenas.graph.lowering import lower


class Branches(nn.Module):
    """Two convolutions joined; the first one's output is read again where `again`."""

    def __init__(self, again: bool = False):
        super().__init__()
        self.one, self.two = nn.Conv2d(3, 3, 3, padding=1), nn.Conv2d(3, 5, 1)
        self.again = again

    def forward(self, inputs):
        one = self.one(inputs)
        joined = torch.cat((one, self.two(inputs)), dim=1)
        return joined.mean((2, 3)) if not self.again else (joined.mean((2, 3)), one)


def test_a_tensor_lives_from_its_maker_to_its_last_reader_and_an_output_to_the_end():
    graph = lower(Branches(again=True), (3, 8, 8))
    structure = Structure(graph, 4)
    one, two, concat, mean = (operator.output for operator in graph.operators)
    assert structure.lifetimes[graph.input] == Lifetime(0, 1)
    assert structure.lifetimes[one] == Lifetime(0, 3) and structure.lifetimes[two] == Lifetime(1, 2)
    assert structure.lifetimes[concat] == Lifetime(2, 3) and structure.lifetimes[mean] == Lifetime(3, 3)


def test_only_what_the_concatenation_alone_reads_can_be_written_into_it():
    for again, places in ((False, {"one": 0, "two": 3}), (True, {"two": 3})):
        graph = lower(Branches(again), (3, 8, 8))
        ((_, members),) = Structure(graph, 4).concats.items()
        assert members == places


def test_members_take_no_room_of_their_own_and_the_concatenation_lives_from_its_first():
    graph = lower(Branches(), (3, 8, 8))
    structure = Structure(graph, 4)
    (concat,) = structure.concats
    blocks = {block.name: block for block in structure.blocks(frozenset({concat}))}
    assert set(blocks) == {graph.input, concat, graph.outputs[0]} and blocks[concat].first == 0
    assert structure.places({concat})["two"] == (concat, 3)


def test_sizes_are_whole_multiples_of_the_alignment():
    structure = Structure(lower(Branches(), (3, 5, 5)), 16)
    assert all(size % 16 == 0 for size in structure.sizes.values())
    assert structure.sizes["one"] == 80
