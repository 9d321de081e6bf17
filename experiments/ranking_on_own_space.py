"""Which rule ranks the untrained networks of our own table, and which rule chooses the best few?

    python -m experiments.ranking_on_own_space --out runs/ranking

Reads the tables in `experiments/results` (`experiments.own_space`). Ranks by every proxy, cost, shape feature, rank
sum, learnt model (families or other data sets left out) and the first epochs; then chooses 5 of 60 by the rules.
Prints Markdown; writes `ranking_<data>.csv` and `choosing_<data>.csv`. About two CPU minutes; docs/own_space.md tells
the result. The primary measure and candidate were named in the protocol: `experiments.own_space`.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from experiments.choosing import Judged, Rows, Truth, capped_regrets, chosen_in, chosen_with_leader, quantiles
from experiments.one_line import errors_in_one_line
from experiments.own_space import RESULTS, load
from experiments.own_space_training import SHORT
from experiments.rank_correlation import Values, spearman
from experiments.ranking_rules import (
    COSTS,
    FEATURES,
    TODAY,
    ZERO_SHOT,
    early_rules,
    families,
    fitted_ridge,
    folds,
    left_out,
)
from prototypenas.app.presets import DEFAULT_OBJECTIVES
from proxies import PAPER_ENSEMBLE

DEFAULT_ENSEMBLE = DEFAULT_OBJECTIVES[1:]
"""The proxies of the default preset."""

KEEP, DRAWN = 5, 60
CAPS = (1e6, 2e6, 4e6, 8e6)
UNSCORED = -1e9
"""Stands for a score that a proxy could not give: such a network ranks last."""

Choose = Callable[[pd.DataFrame], Rows]


def partial_spearman(scores: Values, accuracy: Values, flops: Values) -> float:
    """Correlate the ranks of scores and accuracies, both less their straight line in the ranks of FLOPs."""
    cost = rankdata(flops)
    rests = [ranks - np.polyval(np.polyfit(cost, ranks, 1), cost) for ranks in (rankdata(scores), rankdata(accuracy))]
    if min(np.ptp(rest) for rest in rests) < 1e-9:
        return 0.0
    return float(np.corrcoef(rests[0], rests[1])[0, 1])


def within_families(scores: Values, accuracy: Values, family: Values) -> float:
    """Average the rank correlation within each family; one in which all score alike counts 0."""
    parts = [family == name for name in np.unique(family)]
    return float(np.mean([spearman(scores[p], accuracy[p]) if np.ptp(scores[p]) > 0 else 0.0 for p in parts]))


def rank_table(table: pd.DataFrame, scores: Mapping[str, Values], resamples: int) -> pd.DataFrame:
    """Return a row a rule: correlation, partial given FLOPs with its 95 % interval, within families, capped regret."""
    accuracy, flops = table["accuracy"].to_numpy(float), table["flops"].to_numpy(float)
    family = families(table)
    generator = np.random.default_rng(0)
    draws = generator.integers(len(table), size=(resamples, len(table)))
    rows = []
    for name, values in scores.items():
        score = np.where(np.isfinite(values), values, UNSCORED)
        found = [partial_spearman(score[draw], accuracy[draw], flops[draw]) for draw in draws]
        low, high = np.percentile(found, (2.5, 97.5))
        rows.append(
            {
                "rule": name,
                "rho": spearman(score, accuracy) if np.ptp(score) > 0 else 0.0,
                "partial": partial_spearman(score, accuracy, flops),
                "partial_low": low,
                "partial_high": high,
                "within": within_families(score, accuracy, family),
                "regret": float(np.mean(list(capped_regrets(flops, accuracy, score, CAPS).values()))),
            }
        )
    return pd.DataFrame(rows).sort_values("partial", ascending=False, ignore_index=True)


def learnt_scores(table: pd.DataFrame, others: Mapping[str, pd.DataFrame]) -> dict[str, Values]:
    """Return the predictions of ridge models for networks that they were not fitted to."""
    scores = {}
    for name, names in (("costs", COSTS), ("costs and shape", (*COSTS, *FEATURES))):
        scores[f"ridge on {name}, tenths left out"] = left_out(table, folds(table), names)
        scores[f"ridge on {name}, families left out"] = left_out(table, families(table), names)
        for other, their in others.items():
            scores[f"ridge on {name}, fitted to {other}"] = fitted_ridge(their, names)(table)
    return scores


def choices(data: str) -> dict[str, Choose]:
    """Return the rules for choosing `KEEP` networks of a table."""
    rules: dict[str, Choose] = {
        "default preset": _selected(DEFAULT_ENSEMBLE, "merit", leader=True),
        "default preset without its leader": _selected(DEFAULT_ENSEMBLE, "merit"),
        "default objectives and Jacobian covariance": _selected(
            (*DEFAULT_ENSEMBLE, "jacobian_covariance"), "merit", leader=True
        ),
        "Jacobian covariance, parameters (primary)": _selected(
            ("jacobian_covariance", "parameters"), "merit", leader=True
        ),
        "parameters": _selected(("parameters",), "merit", leader=True),
        "`merit` of before (MeCo-opt, ZiCo, NASWOT, SNIP)": _selected(TODAY, "merit"),
        "paper's rule": _selected(PAPER_ENSEMBLE, "objectives"),
        "FLOPs quantiles": lambda table: quantiles(table["flops"].to_numpy(float), KEEP),
    }
    for epoch in range(1, SHORT[data].epochs):
        rules[f"held-out accuracy after epoch {epoch}"] = _selected((f"accuracy_{epoch}",), "merit", leader=True)
    return rules


def choosing_table(table: pd.DataFrame, data: str, draws: int) -> pd.DataFrame:
    """Draw `DRAWN` networks again and again, choose by every rule; means with 95 % intervals over the draws.

    `gain` and `regret_gain` compare the default preset with each rule on the same draws: above 0 the preset is better.
    """
    rules = choices(data)
    judged: dict[str, list[Judged]] = {name: [] for name in (*rules, "random")}
    for seed in range(draws):
        generator = np.random.default_rng(seed)
        drawn = table.iloc[generator.choice(len(table), min(DRAWN, len(table) * 2 // 3), replace=False)]
        truth = Truth(drawn["flops"].to_numpy(float), drawn["accuracy"].to_numpy(float), KEEP)
        for name, rule in rules.items():
            judged[name].append(truth.judge(rule(drawn), generator))
        random = np.asarray(generator.choice(len(drawn), KEEP, replace=False), dtype=np.intp)
        judged["random"].append(truth.judge(random, generator))
    return _summary(judged)


def _summary(judged: Mapping[str, Sequence[Judged]]) -> pd.DataFrame:
    best = judged["default preset"]
    rows = []
    for name, found in judged.items():
        columns = {
            "share": [one.share for one in found],
            "regret": [one.regret for one in found],
            "percentile": [one.percentile for one in found],
            "gain": [mine.share - one.share for mine, one in zip(best, found, strict=True)],
            "regret_gain": [one.regret - mine.regret for mine, one in zip(best, found, strict=True)],
        }
        row: dict[str, object] = {"rule": name}
        for column, values in columns.items():
            low, high = interval(np.array(values))
            row |= {column: float(np.mean(values)), f"{column}_low": low, f"{column}_high": high}
        rows.append(row)
    return pd.DataFrame(rows)


def interval(values: Values) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the mean."""
    picks = np.random.default_rng(0).integers(len(values), size=(2000, len(values)))
    low, high = np.percentile(values[picks].mean(axis=1), (2.5, 97.5))
    return float(low), float(high)


def _selected(names: Sequence[str], space: str, *, leader: bool = False) -> Choose:
    def choose(table: pd.DataFrame) -> Rows:
        scores = table[list(names)].fillna(UNSCORED).to_numpy(float)
        objectives = np.column_stack([table["flops"].to_numpy(float), -scores])
        return chosen_with_leader(space, objectives, KEEP) if leader else chosen_in(space, objectives, KEEP)

    return choose


def markdown(table: pd.DataFrame) -> str:
    """Print numbers to two places, an interval in brackets behind its value."""
    names = [name for name in table.columns if not name.endswith(("_low", "_high"))]
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    for row in table.to_dict("records"):
        cells = [str(row["rule"])]
        for name in names[1:]:
            interval = f" [{row[f'{name}_low']:.2f}, {row[f'{name}_high']:.2f}]" if f"{name}_low" in row else ""
            cells.append(f"{row[name]:.2f}{interval}")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Judge all rules on every table asked for."""
    options = _parser().parse_args(arguments)
    tables = {data: load(data, options.results) for data in SHORT}
    for data in options.data:
        table = tables[data]
        others = {other: their for other, their in tables.items() if other != data}
        scores = {name: rule(table) for name, rule in {**ZERO_SHOT, **early_rules(SHORT[data].epochs)}.items()}
        ranked = rank_table(table, {**scores, **learnt_scores(table, others)}, options.resamples)
        print(f"\n{data}: {len(table)} networks\n\n{markdown(ranked)}")
        chosen = choosing_table(table, data, options.draws)
        print(f"\n{data}: choosing {KEEP} of {min(DRAWN, len(table) * 2 // 3)}\n\n{markdown(chosen)}", flush=True)
        if options.out is not None:
            options.out.mkdir(parents=True, exist_ok=True)
            ranked.to_csv(options.out / f"ranking_{data}.csv", index=False)
            chosen.to_csv(options.out / f"choosing_{data}.csv", index=False)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Judge ranking rules on the table of our own search space.")
    parser.add_argument("--data", nargs="+", choices=sorted(SHORT), default=list(SHORT))
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--draws", type=int, default=60)
    parser.add_argument("--resamples", type=int, default=300)
    return parser


if __name__ == "__main__":
    with errors_in_one_line():
        main()
