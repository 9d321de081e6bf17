"""One file per zero-shot proxy, and the mapping of all."""
