import numpy as np
import pytest

from prototypenas.errors import ConfigurationError
from prototypenas.selection.coverage import coverage, space_of
from prototypenas.selection.evolutionary import Evolution, evolved_subset, repaired
from prototypenas.selection.hypervolume import exclusive_hypervolumes
from prototypenas.selection.local_search import local_search_subset


def sphere(points, objectives, seed):
    directions = np.abs(np.random.default_rng(seed).normal(size=(points, objectives)))
    return (space_of("objectives", 1.0 - directions / np.linalg.norm(directions, axis=1, keepdims=True)),)


def test_repair_keeps_the_bits_whose_own_removal_costs_most():
    spaces = sphere(20, 4, 0)
    gene = np.zeros(20, dtype=bool)
    gene[[1, 4, 7, 9, 12, 15]] = True
    costs = exclusive_hypervolumes(-spaces[0].extents[gene], reference=0.0)
    expected = np.flatnonzero(gene)[np.argsort(-costs)[:3]]
    fixed = repaired(gene, spaces, 3, np.random.default_rng(0))
    assert set(np.flatnonzero(fixed)) == set(expected)


def test_repair_adds_missing_bits_and_leaves_a_valid_gene():
    spaces = sphere(20, 4, 0)
    gene = np.zeros(20, dtype=bool)
    gene[[2, 3]] = True
    fixed = repaired(gene, spaces, 5, np.random.default_rng(0))
    assert fixed.sum() == 5 and fixed[[2, 3]].all()
    assert (repaired(fixed, spaces, 5, np.random.default_rng(1)) == fixed).all()


def test_evolution_improves_on_its_first_population_and_nears_the_best():
    spaces = sphere(40, 5, 1)
    start = evolved_subset(spaces, 5, seed=0, evolution=Evolution(population=10, generations=0))
    grown = evolved_subset(spaces, 5, seed=0, evolution=Evolution(population=10, generations=40))
    best = coverage(spaces, local_search_subset(spaces, 5, seed=0))
    assert coverage(spaces, start) < coverage(spaces, grown) <= best + 1e-9
    assert coverage(spaces, grown) > 0.95 * best


def test_all_points_wanted_are_all_points_given():
    assert evolved_subset(sphere(4, 3, 0), 9, seed=0) == (0, 1, 2, 3)


@pytest.mark.parametrize("wrong", [{"population": 1}, {"mutation_rate": 1.5}, {"generations": -1}])
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(ConfigurationError):
        Evolution(**wrong)
