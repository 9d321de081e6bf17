"""What might rank untrained networks: every rule gives one number a network of a table, higher is better."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from experiments.rank_correlation import Values
from proxies import PAPER_ENSEMBLE, PROXIES

Rule = Callable[[pd.DataFrame], Values]

SHAPES = ("channels", "fewest_channels")
"""Proxies that read the shape alone; a learnt model reads them too."""

FEATURES = (
    *SHAPES,
    "width",
    "depth",
    "mean_kernel",
    "strided_groups",
    "mean_sparsity",
    "mean_log_channels",
    "features",
    "last_positions",
    "activations",
    "weighted_layers",
)
"""Shape alone: no pass, no weight."""

COSTS = ("flops", "parameters")
LOGARITHMIC = frozenset({"flops", "parameters", "fewest_channels", "features", "last_positions", "activations"})
TODAY = ("meco_opt", "zico", "naswot", "snip")
"""The default ensemble before this table."""

PENALTIES = np.logspace(-1, 3, 13)


def column(name: str) -> Rule:
    """Rank by one column; a network that could not be scored comes last."""
    return lambda table: table[name].fillna(-np.inf).to_numpy(float)


def rank_sum(*names: str) -> Rule:
    """Rank by the mean of the ranks in several columns."""
    return lambda table: np.mean([rankdata(column(name)(table)) for name in names], axis=0)


def residual(name: str) -> Rule:
    """Rank by what a column says beyond log FLOPs: its ranks less their best straight line in log FLOPs."""

    def score(table: pd.DataFrame) -> Values:
        ranks, cost = rankdata(column(name)(table)), np.log(table["flops"].to_numpy(float))
        return np.asarray(ranks - np.polyval(np.polyfit(cost, ranks, 1), cost))

    return score


ZERO_SHOT: Mapping[str, Rule] = {
    **{name: column(name) for name in PROXIES if name not in ("flops", "params")},
    "parameters": column("parameters"),
    "FLOPs": column("flops"),
    "sum of log weights": column("sum_log_weights"),
    **{name: column(name) for name in FEATURES},
    "rank sum, today's four": rank_sum(*TODAY),
    "rank sum, paper's four": rank_sum(*PAPER_ENSEMBLE),
    "rank sum, Jacobian covariance + parameters": rank_sum("jacobian_covariance", "parameters"),
    "rank sum, Jacobian covariance + fewest channels": rank_sum("jacobian_covariance", "fewest_channels"),
    "rank sum, channels + fewest channels (default preset)": rank_sum("channels", "fewest_channels"),
    "rank sum, channels + fewest channels + Jacobian covariance": rank_sum(
        "channels", "fewest_channels", "jacobian_covariance"
    ),
    "rank sum, channels + Jacobian covariance": rank_sum("channels", "jacobian_covariance"),
    "rank sum, parameters + fewest channels": rank_sum("parameters", "fewest_channels"),
    "rank sum, Jacobian covariance + parameters + fewest channels": rank_sum(
        "jacobian_covariance", "parameters", "fewest_channels"
    ),
    "residual of NASWOT on log FLOPs": residual("naswot"),
    "residual of Jacobian covariance on log FLOPs": residual("jacobian_covariance"),
}


def early_rules(epochs: int) -> dict[str, Rule]:
    """Rank by what the first epochs of training show; the last accuracy is what is to be predicted."""
    rules: dict[str, Rule] = {}
    for epoch in range(1, epochs):
        rules[f"held-out accuracy after epoch {epoch}"] = column(f"accuracy_{epoch}")
        losses = [f"loss_{number}" for number in range(1, epoch + 1)]
        rules[f"minus sum of losses, epochs 1 to {epoch}"] = _minus_sum(losses)
    return rules


def design(table: pd.DataFrame, names: Sequence[str]) -> Values:
    """Return the matrix `(networks, names)` a learnt ranker reads: logarithms where a column spans decades."""
    columns = [np.log(np.maximum(table[name], 1e-12)) if name in LOGARITHMIC else table[name] for name in names]
    return np.column_stack([np.asarray(values, dtype=float) for values in columns])


def fitted_ridge(table: pd.DataFrame, names: Sequence[str]) -> Callable[[pd.DataFrame], Values]:
    """Fit standardised accuracy by ridge regression, its penalty by leave-one-out; gives the prediction."""
    model = make_pipeline(StandardScaler(), RidgeCV(PENALTIES))
    model.fit(design(table, names), standardised(table["accuracy"].to_numpy(float)))
    return lambda other: np.asarray(model.predict(design(other, names)), dtype=float)


def standardised(values: Values) -> Values:
    """Shift and scale to mean 0, deviation 1."""
    return np.asarray((values - values.mean()) / values.std(), dtype=float)


def left_out(table: pd.DataFrame, parts: Values, names: Sequence[str]) -> Values:
    """Predict each part of a table by a model fitted to all others; `parts` `(networks,)` names each one's part."""
    predicted = np.empty(len(table))
    for part in np.unique(parts):
        out = parts == part
        predicted[out] = fitted_ridge(table[~out], names)(table[out])
    return predicted


def folds(table: pd.DataFrame, number: int = 10, seed: int = 0) -> Values:
    """Part the networks at random into equal folds."""
    return np.asarray(np.random.default_rng(seed).permutation(len(table)) % number)


def families(table: pd.DataFrame) -> Values:
    """Number the families."""
    return np.asarray(pd.factorize(table["architecture"])[0])


def _minus_sum(names: Sequence[str]) -> Rule:
    return lambda table: -table[list(names)].sum(axis=1).to_numpy(float)
