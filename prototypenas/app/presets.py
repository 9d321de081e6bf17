"""The two ways to search and choose that have names: the paper's, and the one that our own table favours."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from prototypenas.selection import DEFAULT_SPACE

DEFAULT_OBJECTIVES = ("flops", "channels", "fewest_channels")
"""What ranks the trained networks of our own space best, and needs no pass (docs/own_space.md)."""

PAPER_OBJECTIVES = ("flops", "meco", "zico", "naswot", "snip")
"""FLOPs and `proxies.PAPER_ENSEMBLE`, by name: this module is read before PyTorch is imported."""

DEFAULT_PRESET = "default"


@dataclass(frozen=True)
class Preset:
    """What a search scores candidates by, and how the few are chosen."""

    description: str
    objectives: tuple[str, ...]
    """Costs and proxies."""
    space: str
    """Selection space."""
    leader: bool
    """Whether the model expected to be the most accurate is always chosen."""
    solver: str
    refines: bool
    """Whether promising candidates are trained briefly before the choice, where no time for it is given."""


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        DEFAULT_PRESET: Preset(
            "objectives and rule that won on our own table of trained networks (docs/own_space.md)",
            DEFAULT_OBJECTIVES,
            DEFAULT_SPACE,
            leader=True,
            solver="exact",
            refines=True,
        ),
        "paper": Preset(
            "the paper to the letter: MeCo, ZiCo, NASWOT, SNIP; hypervolume over all objectives; its evolution",
            PAPER_OBJECTIVES,
            "objectives",
            leader=False,
            solver="evolutionary",
            refines=False,
        ),
    }
)
