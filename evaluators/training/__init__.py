"""Training in Lightning: recipe, iterative pruning, checkpoints that resume exactly."""
