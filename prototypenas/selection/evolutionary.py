"""The paper's hypervolume subset selection (section 3.2): evolution of bit strings with greedy repair."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prototypenas.errors import ConfigurationError
from prototypenas.selection.coverage import Spaces, coverage

Gene = NDArray[np.bool_]
"""One bit a point of the front, `(n,)`."""


@dataclass(frozen=True)
class Evolution:
    """How the evolution runs.

    The paper's own values are lost in the text we can read; with these the algorithm converges on fronts of 300 points
    within a few seconds.
    """

    population: int = 50
    mutation_rate: float = 0.01
    """Probability of each bit to flip in a child."""
    generations: int = 200

    def __post_init__(self) -> None:
        if self.population < 2 or self.generations < 0 or not 0.0 <= self.mutation_rate <= 1.0:
            raise ConfigurationError(f"{self}: a population has at least 2 genes, the mutation rate lies in [0, 1]")


def evolved_subset(spaces: Spaces, keep: int, *, seed: int, evolution: Evolution | None = None) -> tuple[int, ...]:
    """Evolve subsets of `keep` points towards the largest coverage; gives ascending indices.

    Parents are drawn by tournaments of two, crossed bit by bit, mutated and repaired; the best of parents and children
    survive. The text names mutation, crossover and fitness, and leaves the rest of this sentence open.
    """
    settings = evolution or Evolution()
    generator = np.random.default_rng(seed)
    points = spaces[0].points
    if keep >= points:
        return tuple(range(points))
    # Twice the wanted bits on average: repair has work to do, but not on half of a large front.
    drawn = generator.random((settings.population, points)) < 2 * keep / points
    genes = [repaired(gene, spaces, keep, generator) for gene in drawn]
    fitness = [_fitness(gene, spaces) for gene in genes]
    for _ in range(settings.generations):
        for _ in range(settings.population):
            child = _child(genes[: settings.population], fitness, generator, settings.mutation_rate)
            genes.append(repaired(child, spaces, keep, generator))
            fitness.append(_fitness(genes[-1], spaces))
        best = np.argsort(-np.array(fitness), kind="stable")[: settings.population]
        genes, fitness = [genes[place] for place in best], [fitness[place] for place in best]
    return tuple(np.flatnonzero(genes[int(np.argmax(fitness))]).tolist())


def repaired(gene: Gene, spaces: Spaces, keep: int, generator: np.random.Generator) -> Gene:
    """Return a gene with exactly `keep` bits, greedily as the paper does.

    Missing bits are set at random. Of too many bits those `keep` stay whose removal, each on its own, costs most.
    """
    bits = np.flatnonzero(gene)
    if len(bits) < keep:
        free = np.flatnonzero(~gene)
        bits = np.concatenate([bits, generator.choice(free, size=keep - len(bits), replace=False)])
    elif len(bits) > keep:
        without = [coverage(spaces, np.delete(bits, place).tolist()) for place in range(len(bits))]
        bits = bits[np.argsort(without, kind="stable")[:keep]]
    fixed = np.zeros_like(gene)
    fixed[bits] = True
    return fixed


def _fitness(gene: Gene, spaces: Spaces) -> float:
    return coverage(spaces, np.flatnonzero(gene).tolist())


def _child(genes: list[Gene], fitness: list[float], generator: np.random.Generator, mutation_rate: float) -> Gene:
    mother, father = (_tournament(genes, fitness, generator) for _ in range(2))
    crossed = np.where(generator.random(len(mother)) < 0.5, mother, father)
    flips = generator.random(len(mother)) < mutation_rate
    return np.asarray(crossed ^ flips, dtype=np.bool_)


def _tournament(genes: list[Gene], fitness: list[float], generator: np.random.Generator) -> Gene:
    first, second = generator.integers(len(genes), size=2)
    return genes[int(first if fitness[first] >= fitness[second] else second)]
