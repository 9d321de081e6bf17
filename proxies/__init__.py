"""One file per zero-shot proxy, and the mapping of all."""

from collections.abc import Callable, Mapping

from prototypenas.evidence import Evidence
from proxies.meco import meco_score
from proxies.meco_opt import meco_opt_score
from proxies.naswot import naswot_score
from proxies.snip import snip_score
from proxies.zico import zico_score

PROXIES: Mapping[str, Callable[[Evidence], float]] = {
    "meco": meco_score,
    "meco_opt": meco_opt_score,
    "naswot": naswot_score,
    "snip": snip_score,
    "zico": zico_score,
}
"""All proxies by name; higher is better in each."""

DEFAULT_ENSEMBLE = ("meco", "zico", "naswot", "snip")
"""The paper's four objectives beside FLOPs (section 3.1)."""
