"""Random configurations for contract tests: the whole of Table 1, drawn uniformly."""

from collections.abc import Sequence
from random import Random

from prototypenas.types import GROUPS, Configuration, GroupConfiguration


def random_configuration(random: Random, architecture: str, kernels: Sequence[int]) -> Configuration:
    """Draw depth 1 to 5, kernel and stride of every group, width 0.1 to 1.5, sparsities 0 to 0.9."""
    groups = tuple(
        GroupConfiguration(
            depth=random.randint(1, 5),
            kernel=random.choice(kernels),
            stride=random.choice((1, 2)),
            sparsity=random.uniform(0.0, 0.9),
        )
        for _ in range(GROUPS)
    )
    return Configuration(architecture, random.uniform(0.1, 1.5), groups)
