"""Limits as they are typed, turned into a budget."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from prototypenas.app.arguments import parse_amount, parse_names
from prototypenas.choices import choose, shortened
from prototypenas.errors import ConfigurationError
from prototypenas.objectives import Limit, Objective
from prototypenas.types import Budget

COUNTED: Mapping[str, str] = {"ram": "RAM", "rom": "ROM", "flops": "FLOPs", "macs": "MACs", "parameters": "parameters"}
"""Costs that are whole numbers of bytes or operations, as errors call them."""

PREFIXED: Mapping[str, Mapping[str, float]] = {
    "latency": {"us": 1e-3, "ms": 1.0, "": 1.0, "s": 1e3},
    "energy": {"uj": 1e-3, "mj": 1.0, "": 1.0, "j": 1e3},
}
"""Units of estimates, in milliseconds and millijoules."""


def parsed_limits(texts: Sequence[str], costs: Mapping[str, Objective]) -> dict[str, Limit]:
    """Read `ram=256KiB`, `latency=50ms` and the like, with several separated by commas; a later one wins.

    Raises:
        ConfigurationError: for a name that is no cost, or an amount that is none.
    """
    limits = {}
    for part in (part for text in texts for part in parse_names(text)):
        name, equals, amount = (piece.strip() for piece in part.partition("="))
        objective = choose("limit", name, costs)
        if not equals:
            raise ConfigurationError(f"limit {shortened(part)!r} has no amount; write it as ram=256KiB or latency=50ms")
        limits[name] = Limit(objective, parse_limit(objective, amount))
    return limits


def limited_budget(budget: Budget, limits: Sequence[Limit]) -> Budget:
    """Return the budget with these limits in place of its own."""
    given = {limit.objective.name: limit for limit in limits}
    fixed = {"ram": "ram_bytes", "rom": "rom_bytes", "flops": "flops"}
    more = {limit.objective.name: limit for limit in budget.more}
    more |= {name: limit for name, limit in given.items() if name not in fixed}
    values: dict[str, Any] = {field: int(given[name].value) for name, field in fixed.items() if name in given}
    return replace(Budget(budget.ram_bytes, budget.rom_bytes, budget.flops, tuple(more.values())), **values)


def parse_limit(objective: Objective, text: str) -> float:
    """Read one amount in the units of its cost.

    Raises:
        ConfigurationError: for anything else.
    """
    if objective.name in COUNTED:
        return parse_amount(COUNTED[objective.name], text)
    units = PREFIXED.get(objective.name, {"": 1.0})
    match = re.fullmatch(r"([0-9]*\.?[0-9]+(?:e-?[0-9]{1,2})?)\s*([a-z]*)", text.strip().lower())
    if match is None or match[2] not in units or not math.isfinite(float(match[1])):
        said = f"a number, or one with {', '.join(unit for unit in units if unit)}" if len(units) > 1 else "a number"
        raise ConfigurationError(f"{objective.name} is {shortened(text)!r}; give {said}")
    return float(match[1]) * units[match[2]]
