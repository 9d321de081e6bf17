"""One file per zero-shot proxy, and the mapping of all."""

from collections.abc import Mapping

from prototypenas.protocols import Proxy
from proxies.channels import channels_score
from proxies.fewest_channels import fewest_channels_score
from proxies.flops import flops_score
from proxies.grad_norm import grad_norm_score
from proxies.jacobian_covariance import jacobian_covariance_score
from proxies.meco import meco_score
from proxies.meco_opt import meco_opt_score
from proxies.naswot import naswot_score
from proxies.params import params_score
from proxies.snip import snip_score
from proxies.synflow import synflow_score
from proxies.zen_score import zen_score
from proxies.zico import zico_score

PROXIES: Mapping[str, Proxy] = {
    "meco": meco_score,
    "meco_opt": meco_opt_score,
    "zico": zico_score,
    "naswot": naswot_score,
    "snip": snip_score,
    "synflow": synflow_score,
    "grad_norm": grad_norm_score,
    "jacobian_covariance": jacobian_covariance_score,
    "zen_score": zen_score,
    "channels": channels_score,
    "fewest_channels": fewest_channels_score,
    "params": params_score,
    "flops": flops_score,
}
"""All proxies by name; higher is better in each."""

PAPER_ENSEMBLE = ("meco", "zico", "naswot", "snip")
"""The paper's four objectives beside FLOPs (section 3.1)."""

BASELINES = ("params", "flops")
"""What a proxy has to beat to be worth its name."""

__all__ = ["BASELINES", "PAPER_ENSEMBLE", "PROXIES"]
