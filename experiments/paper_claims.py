"""Every claim of the paper that can be computed: does it hold in its own tables, and does it hold here?

    python -m experiments.paper_claims

Reads the paper's printed tables (`experiments.paper_values`) and the results committed in `experiments/results`, and
prints Markdown. Each claim has a rule, fixed here, that turns numbers into `holds` or `does not hold`; what was never
run says `not run`. Seconds, no training. `docs/paper_claims.md` has the table.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from experiments.choosing import Truth
from experiments.claim import NOT_RUN, Claim, Finding, markdown
from experiments.one_line import errors_in_one_line
from experiments.own_space import RESULTS, load
from experiments.paper_claims_costs import COST_CLAIMS
from experiments.paper_claims_rivals import RIVAL_CLAIMS
from experiments.paper_values import TABLE_2, TABLE_3, TABLE_4, TABLE_4_COLUMNS, PaperTable
from experiments.rank_correlation import Values, kendall, spearman
from experiments.ranking_on_own_space import DRAWN, KEEP, choices, partial_spearman
from proxies import PAPER_ENSEMBLE

SETS = ("cifar10", "digits", "sisfall")
PRINTED = 0.05
"""Half of the last digit that the paper's Table 4 prints."""
DRAWS = 20


def a_proxy_beats_flops() -> Claim:
    """On every data set some proxy's tau is above that of FLOPs; ours by Spearman on the tables of our own space."""
    names = TABLE_4_COLUMNS[:-1]
    failing = [data for data, row in TABLE_4.items() if max(row[:-1]) <= row[-1]]
    ours = []
    for data in SETS:
        table = load(data)
        accuracy = table["accuracy"].to_numpy(float)
        found = {name: spearman(_filled(table[name]), accuracy) for name in (*names, "flops")}
        best = max(names, key=lambda name: found[name])
        ours.append((data, best, found[best], found["flops"]))
    return Claim(
        "At least one of the four proxies ranks better than FLOPs on every data set",
        "4.2, Table 4",
        Finding(not failing, f"{len(TABLE_4) - len(failing)} of {len(TABLE_4)} sets; not on {', '.join(failing)}"),
        Finding(
            all(proxy > flops for _, _, proxy, flops in ours),
            "; ".join(f"{data}: {best} {proxy:.2f}, FLOPs {flops:.2f}" for data, best, proxy, flops in ours),
        ),
    )


def no_proxy_is_consistently_good() -> Claim:
    """No proxy has a positive correlation everywhere; ours is the partial correlation given FLOPs."""
    names = TABLE_4_COLUMNS[:-1]
    always = [name for column, name in enumerate(names) if all(row[column] > 0 for row in TABLE_4.values())]
    partial = {name: [_partial(load(data), name) for data in SETS] for name in PAPER_ENSEMBLE}
    good = [name for name, values in partial.items() if min(values) > 0]
    return Claim(
        "No single proxy is consistently good",
        "4.2, Table 4",
        Finding(not always, "each has a tau of 0 or below somewhere" if not always else f"not {', '.join(always)}"),
        Finding(
            not good,
            "; ".join(f"{name} {', '.join(f'{value:+.2f}' for value in values)}" for name, values in partial.items())
            + f" (given FLOPs, on {', '.join(SETS)})",
        ),
    )


def flops_column_reproduces() -> Claim:
    """Table 4's column of FLOPs follows from FLOPs and accuracies in Tables 2 and 3."""
    wrong = []
    for table in (TABLE_2, TABLE_3):
        for data, accuracy in table.accuracy.items():
            computed = kendall(np.array(table.mflops), np.array(accuracy))
            if abs(computed - TABLE_4[data][-1]) > PRINTED + 1e-9:
                wrong.append(f"{data}: printed {TABLE_4[data][-1]:+.1f}, computed {computed:+.2f}")
    total = len(TABLE_4)
    return Claim(
        "Kendall's tau of FLOPs in Table 4 is that of Tables 2 and 3",
        "Tables 2, 3, 4",
        Finding(not wrong, f"{total - len(wrong)} of {total} sets; {'; '.join(wrong)}" if wrong else f"all {total}"),
        Finding(None, "concerns the paper alone"),
    )


def accuracy_follows_flops_within_families() -> Claim:
    """Accuracy correlates with log FLOPs within each family more than across all."""
    inside, across = [], []
    for table in (TABLE_2, TABLE_3):
        for accuracy in table.accuracy.values():
            across.append(_log_correlation(np.array(table.mflops), np.array(accuracy)))
            inside.append(_family_correlation(table, accuracy))
    ours, holds = [], True
    for data in SETS:
        trained = load(data)
        whole = _log_correlation(trained["flops"].to_numpy(float), trained["accuracy"].to_numpy(float))
        parts = [
            _log_correlation(part["flops"].to_numpy(float), part["accuracy"].to_numpy(float))
            for _, part in trained.groupby("architecture")
        ]
        holds = holds and float(np.mean(parts)) > whole
        ours.append(f"{data}: {np.mean(parts):.2f} within, {whole:.2f} across")
    return Claim(
        "Within a family accuracy grows with FLOPs, across families it does not",
        "4.2",
        Finding(
            float(np.mean(inside)) > float(np.mean(across)),
            f"mean correlation with log FLOPs {np.mean(inside):.2f} within MbedNet, {np.mean(across):.2f} across",
        ),
        Finding(holds, "; ".join(ours)),
    )


def the_chosen_learn_best() -> Claim:
    """The paper's objectives and rule choose networks with more hypervolume of (FLOPs, accuracy) than random ones."""
    paper, ours = "paper's rule", "default preset"
    found = {name: float(np.mean(values)) for name, values in _shares("cifar10", (paper, ours)).items()}
    return Claim(
        "Zero-shot objectives and hypervolume subset selection find the networks that are worth training",
        "1, 3.2",
        NOT_RUN,
        Finding(
            found[paper] > found["random"],
            f"share of the best hypervolume, {KEEP} of {DRAWN} trained networks of CIFAR-10: the paper's objectives "
            f"and rule {found[paper]:.1f} %, random {found['random']:.1f} %, our default {found[ours]:.1f} %",
        ),
    )


def few_trainings_pay(results: Path = RESULTS) -> Claim:
    """The best of the selected is better than the best of as many random ones."""
    ours, holds = [], True
    for data in ("cifar10", "digits"):
        rows = pd.read_csv(results / f"random_baseline_{data}.csv", na_values="not finished")
        best = rows.groupby(["seed", "strategy"])["int8_accuracy"].max().unstack()
        differences = 100 * (best["selection"] - best["random"]).dropna()
        holds = holds and float(np.mean(differences)) > 0
        ours.append(f"{data}: {np.mean(differences):+.1f} points (seeds: {len(differences)})")
    return Claim(
        "Three to five trainings are enough instead of hundreds",
        "1",
        NOT_RUN,
        Finding(holds, "best selected less best random, before the default followed our table: " + "; ".join(ours)),
    )


CLAIMS: Sequence[Callable[[], Claim]] = (
    a_proxy_beats_flops,
    no_proxy_is_consistently_good,
    flops_column_reproduces,
    accuracy_follows_flops_within_families,
    the_chosen_learn_best,
    few_trainings_pay,
    *COST_CLAIMS,
    *RIVAL_CLAIMS,
)


def _shares(data: str, names: Sequence[str]) -> Mapping[str, list[float]]:
    table, rules = load(data), choices(data)
    shares: dict[str, list[float]] = {name: [] for name in (*names, "random")}
    for seed in range(DRAWS):
        generator = np.random.default_rng(seed)
        drawn = table.iloc[generator.choice(len(table), DRAWN, replace=False)]
        truth = Truth(drawn["flops"].to_numpy(float), drawn["accuracy"].to_numpy(float), KEEP)
        for name in names:
            shares[name].append(truth.share(rules[name](drawn)))
        shares["random"].append(truth.share(np.asarray(generator.choice(len(drawn), KEEP, replace=False))))
    return shares


def _family_correlation(table: PaperTable, accuracy: Sequence[float]) -> float:
    """Correlate within MbedNet, the one family with three models in each table."""
    rows = [row for row, name in enumerate(table.architectures) if name == "MbedNet"]
    return _log_correlation(np.array(table.mflops)[rows], np.array(accuracy)[rows])


def _log_correlation(flops: Values, accuracy: Values) -> float:
    return float(np.corrcoef(np.log(flops), accuracy)[0, 1])


def _partial(table: pd.DataFrame, name: str) -> float:
    return partial_spearman(_filled(table[name]), table["accuracy"].to_numpy(float), table["flops"].to_numpy(float))


def _filled(scores: "pd.Series[float]") -> Values:
    values = scores.to_numpy(float)
    return np.where(np.isfinite(values), values, np.nanmin(values) - 1)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table."""
    argparse.ArgumentParser(description="The paper's claims, computed.").parse_args(arguments)
    print(markdown([claim() for claim in CLAIMS]))


if __name__ == "__main__":
    with errors_in_one_line():
        main()
