"""ProxylessNAS's search: one over-parameterised network trained on the target's data, and a network derived from it."""
