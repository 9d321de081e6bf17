"""Data sets and the training of the chosen models."""
