"""The cuts cost least of all cuts there are: against every way to cut small networks."""

from collections.abc import Iterator

import pytest

from prototypenas.costing.plan_structure import Structure
from prototypenas.costing.row_plan import _problem
from prototypenas.costing.segmentation import NEVER, Cut, Problem, _Search, cut
from tests.costing.plan_replay import RandomGraph

SEEDS = range(25)


def problem_of(seed: int, *, streamed: bool = False) -> Problem:
    structure = Structure(RandomGraph(seed).build(3 + seed % 5), 4)
    return _problem(structure, structure.concatenations_in_place(), streamed=streamed)


def all_cuts(count: int) -> Iterator[list[Cut]]:
    """Every path through the positions, each part by rows or, if it is one operator, as a layer."""

    def rest(first: int) -> Iterator[list[Cut]]:
        if first == count:
            yield []
        for end in range(first + 1, count + 1):
            for by_rows in (True, False) if end == first + 1 else (True,):
                for others in rest(end):
                    yield [Cut(first, end, by_rows), *others]

    return rest(0)


def cost_of(search: _Search, part: Cut) -> int:
    if not part.by_rows:
        return search.problem.layer_bytes[part.first] if search._layer_allowed(part.first) else NEVER
    return search._cost(part.first, part.end) if search.apart[part.first, part.end] < NEVER else NEVER


def rows_of(search: _Search, parts: list[Cut]) -> int:
    return sum(search.rows_before[part.end] - search.rows_before[part.first] for part in parts if part.by_rows)


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_no_other_cuts_cost_less_and_none_as_cheap_run_fewer_rows(seed, streamed):
    problem = problem_of(seed, streamed=streamed)
    search = _Search(problem)
    every = [(max(cost_of(search, part) for part in parts), parts) for parts in all_cuts(len(problem.layers))]
    least = min(cost for cost, _ in every)
    found = cut(problem)
    if least == NEVER:
        assert found is None
        return
    assert found is not None and found.most_bytes == least
    assert max(cost_of(search, part) for part in found.parts) <= least
    assert [part.first for part in found.parts] == [0, *(part.end for part in found.parts[:-1])]
    fewest = min(rows_of(search, parts) for cost, parts in every if cost == least)
    assert rows_of(search, list(found.parts)) == fewest


@pytest.mark.parametrize("seed", SEEDS)
def test_the_lower_bound_is_one_and_nothing_is_given_above_what_is_asked_for(seed):
    problem = problem_of(seed)
    found = cut(problem)
    assert found is not None
    assert _Search(problem).lower_bound() <= found.most_bytes
    assert cut(problem, below=found.most_bytes) is None
    assert cut(problem, below=found.most_bytes + 1) == found
