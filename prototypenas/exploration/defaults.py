"""How an exploration is done unless it is said otherwise."""

DEFAULT_TRIALS = 500
"""Candidates explored (paper, section 3.1)."""

DEFAULT_SAMPLER = "nsga2"

POPULATION = 10
"""Candidates asked at once, and bred from; the measured best for a few hundred trials (`docs/exploration.md`).

Results depend on it, and on nothing that depends on the number of workers. It bounds how many can work at once.
"""
