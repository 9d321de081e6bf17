"""Configurations that fit, found by prices alone, for a search that has met none.

Where one configuration of thousands fits, a multi-objective search of a few hundred trials sees no feasible one and has
nothing to breed from. Pricing costs a tenth of scoring and needs no data, so such a search pauses and prices on, guided
by a single number: by how much a configuration breaks the limits, summed over them. An evolution strategy lowers it:
children of the least infeasible ones, by uniform crossover and mutation of single parameters, with a share of fresh
random ones against getting stuck. Feasible ones stay at the head of the population, so that once the first is found the
others are bred from it. The invariant: proposals depend on the space, the seed and the prices only, so the search
repeats exactly, on any number of workers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from prototypenas.exploration.outcome import Outcome
from prototypenas.exploration.space import Categorical, Parameter, SearchSpace, Value, Values, drawn
from prototypenas.types import Configuration

PRICED_TOGETHER = 50
"""Configurations of one generation; enough for many workers."""

PARENTS = 25
"""The least infeasible ones, from which the next generation is bred."""

FRESH_SHARE = 0.2
"""Share of each generation that is drawn at random."""

MOST_PRICED = 10_000
"""Prices after which the search ends in any case; minutes at milliseconds each."""

PATIENCE = 1_000
"""Prices without any progress after which the search ends."""

Price = Callable[[Sequence[Configuration]], Sequence[Outcome]]
"""Returns the outcomes of configurations that are priced and not scored, in their order."""


@dataclass(frozen=True)
class FeasibleStart:
    """What was found, and how much was priced for it."""

    configurations: tuple[Configuration, ...]
    """Different feasible ones, in the order they were found."""
    priced: int


def excess(outcome: Outcome) -> float:
    """Return by how much an outcome breaks the limits, summed over them, as shares of the limits; 0 is feasible."""
    return sum(max(0.0, violation) for violation in outcome.violations.values())


def find_feasible(
    price: Price, space: SearchSpace, *, wanted: int, seed: int, met: Sequence[Outcome] = ()
) -> FeasibleStart:
    """Price configurations until `wanted` different ones fit, or no progress is made any more.

    `met` are the infeasible outcomes known already; their configurations are the first parents.
    """
    random = Random(seed)
    ranked = sorted(met, key=excess)[:PARENTS]
    found: list[Configuration] = []
    priced, progress_at = 0, 0
    least = min((excess(outcome) for outcome in ranked), default=float("inf"))
    while len(found) < wanted and priced < MOST_PRICED and priced - progress_at < PATIENCE:
        parents = [space.values(outcome.configuration) for outcome in ranked]
        generation = price([space.configuration(_child(space, parents, random)) for _ in range(PRICED_TOGETHER)])
        priced += len(generation)
        new = [one.configuration for one in generation if excess(one) == 0 and one.configuration not in found]
        found += dict.fromkeys(new)
        ranked = sorted([*ranked, *generation], key=excess)[:PARENTS]
        if new or excess(ranked[0]) < least:
            least, progress_at = excess(ranked[0]), priced
    return FeasibleStart(tuple(found[:wanted]), priced)


def _child(space: SearchSpace, parents: Sequence[Values], random: Random) -> Values:
    if not parents or random.random() < FRESH_SHARE:
        return space.drawn_values(random)
    first, second = random.choice(parents), random.choice(parents)
    child = {name: random.choice((first[name], second[name])) for name in first}
    for parameter in random.sample(space.parameters(), random.choice((1, 2, 3))):
        child[parameter.name] = _mutated(parameter, child[parameter.name], random)
    return child


def _mutated(parameter: Parameter, value: Value, random: Random) -> Value:
    """Draw a category anew; move a number by about a fifth of its range, half of the time, else draw it anew."""
    if isinstance(parameter, Categorical) or random.random() < 0.5:
        return drawn(parameter, random)
    low, high = parameter.low, parameter.high
    return min(high, max(low, float(value) + random.gauss(0.0, 0.2 * (high - low))))
