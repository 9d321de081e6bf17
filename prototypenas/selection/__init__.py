"""Step 2: the few most meaningful trade-offs of the Pareto front."""
