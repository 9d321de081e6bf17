"""One over-parameterised network that holds all candidates of a search, and what is chosen in it."""
