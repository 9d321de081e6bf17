"""From a network to its graph, memory plan, footprint, and C that runs on the target."""
