"""How the field writes the objectives' names."""

from collections.abc import Mapping

NAMES: Mapping[str, str] = {
    "flops": "MFLOPs",
    "meco": "MeCo",
    "meco_opt": "MeCo-opt",
    "zico": "ZiCo",
    "naswot": "NASWOT",
    "snip": "SNIP",
    "estimate": "Estimated score",
}


def objective_name(objective: str) -> str:
    """Give the name to print; a plug-in's stands as it is."""
    return NAMES.get(objective, objective)
