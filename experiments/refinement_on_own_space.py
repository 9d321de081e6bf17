"""What does refinement add on the table of our own space, and what should be chosen by once it is done?

    python -m experiments.refinement_on_own_space --data cifar10 --seconds 100 300

Draws 60 networks (two thirds of a smaller table) again and again, lets as many enter a refinement as so many CPU
seconds pay for, plays its rungs from the recorded epochs (rung n is epoch n; the recorded CPU seconds are what it
costs), and chooses 5: by the estimates alone, or by proxies and estimates as objectives side by side. Entrants,
survivors and estimates are the functions that a run uses. Prints Markdown; docs/refinement.md tells the result.

The recorded trainings let their learning rate fall within 4 epochs (6 on digits), so a recorded epoch is not quite the
rung of that many steps; and each rung here is as long as the one before it, where a run doubles it.
"""

import argparse
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from experiments.choosing import Judged, Rows, Truth, chosen_with_leader
from experiments.one_line import errors_in_one_line
from experiments.own_space import RESULTS, load, load_trainings
from experiments.own_space_networks import configuration_of
from experiments.own_space_training import SHORT
from experiments.ranking_on_own_space import DRAWN, KEEP, interval
from prototypenas.app.presets import DEFAULT_OBJECTIVES
from prototypenas.refinement.halving import Estimate, RungScore, estimates, survivors
from prototypenas.refinement.plan import MOST_CANDIDATES, chosen_entrants, rungs_of
from prototypenas.types import Cost, Footprint, Scored

DEFAULT_ENSEMBLE = DEFAULT_OBJECTIVES[1:]
"""The proxies of the default preset."""


def candidates_of(drawn: pd.DataFrame) -> list[Scored]:
    """Return the rows of a table as explored candidates, numbered from 0, with the default objectives."""
    footprint = Footprint(0, 0, 0, 0, 0, 0, 0, 0)
    return [
        Scored(
            number,
            configuration_of(row.to_dict()),
            Cost(int(row["flops"]) // 2, int(row["parameters"]), footprint),
            str(row["network"]),
            {name: float(row[name]) for name in DEFAULT_ENSEMBLE},
        )
        for number, (_, row) in enumerate(drawn.iterrows())
    ]


def refined(drawn: pd.DataFrame, seconds: float, *, watched: int, epochs: int) -> tuple[Estimate, ...]:
    """Play a refinement of at most so many CPU seconds: the largest number of entrants whose rungs cost no more."""
    candidates = candidates_of(drawn)
    for count in range(min(MOST_CANDIDATES, len(drawn)), 1, -1):
        scores, spent = _played(drawn, candidates, count, watched, epochs)
        if spent <= seconds:
            return estimates(scores)
    return ()


def _played(
    drawn: pd.DataFrame, candidates: Sequence[Scored], count: int, watched: int, epochs: int
) -> tuple[list[RungScore], float]:
    flops = dict(enumerate(drawn["flops"].to_numpy(float)))
    entrants = tuple(one.number for one in chosen_entrants(candidates, count))
    scores: list[RungScore] = []
    spent = 0.0
    for rung, size in enumerate(rungs_of(count)[: epochs - 1]):
        if rung:
            entrants = survivors({one.candidate: one.score for one in scores if one.rung == rung - 1}, flops, size)
        for number in entrants:
            row = drawn.iloc[number]
            spent += row[f"seconds_{rung + 1}"]
            loss, score = float(row[f"loss_{rung + 1}"]), float(row[f"accuracy_{rung + 1}"])
            scores.append(RungScore(number, rung, rung + 1, loss, score, watched))
    return scores, spent


def by_estimates(drawn: pd.DataFrame, found: Sequence[Estimate], *, proxies: Sequence[str] = ()) -> Rows:
    """Choose `KEEP` of the refined by FLOPs, the cautious estimate, and the named proxies beside it."""
    rows = np.array([one.candidate for one in found], dtype=np.intp)
    entered = drawn.iloc[rows]
    columns = [entered["flops"].to_numpy(float), *(-entered[name].to_numpy(float) for name in proxies)]
    objectives = np.column_stack([*columns, -np.array([one.cautious for one in found])])
    return np.asarray(rows[chosen_with_leader("merit", objectives, KEEP)], dtype=np.intp)


def without_refinement(drawn: pd.DataFrame) -> Rows:
    """Choose as the default preset does."""
    scores = drawn[list(DEFAULT_ENSEMBLE)].to_numpy(float)
    return chosen_with_leader("merit", np.column_stack([drawn["flops"].to_numpy(float), -scores]), KEEP)


def judged(table: pd.DataFrame, data: str, budgets: Sequence[float], draws: int) -> Mapping[str, list[Judged]]:
    """Hold every way to choose against the truth, on the same draws."""
    schedule = SHORT[data]
    results: dict[str, list[Judged]] = {}
    for seed in range(draws):
        generator = np.random.default_rng(seed)
        drawn = table.iloc[generator.choice(len(table), min(DRAWN, len(table) * 2 // 3), replace=False)]
        truth = Truth(drawn["flops"].to_numpy(float), drawn["accuracy"].to_numpy(float), KEEP)
        ways = {"no refinement": without_refinement(drawn)}
        for seconds in budgets:
            found = refined(drawn, seconds, watched=schedule.watched, epochs=schedule.epochs)
            if len(found) > KEEP:
                ways[f"{seconds:g} s, estimates alone"] = by_estimates(drawn, found)
                ways[f"{seconds:g} s, proxies and estimates"] = by_estimates(drawn, found, proxies=DEFAULT_ENSEMBLE)
        for name, chosen in ways.items():
            results.setdefault(name, []).append(truth.judge(chosen, generator))
    return results


def main(arguments: Sequence[str] | None = None) -> None:
    """Print how good each way to choose is, means over draws with 95 % intervals."""
    parser = argparse.ArgumentParser(description="What refinement adds, played from recorded trainings.")
    parser.add_argument("--data", nargs="+", choices=sorted(SHORT), default=sorted(SHORT))
    parser.add_argument("--seconds", nargs="+", type=float, default=[60.0, 100.0, 200.0, 300.0])
    parser.add_argument("--draws", type=int, default=40)
    options = parser.parse_args(arguments)
    for data in options.data:
        trained = load_trainings(data, RESULTS)
        main_runs = trained[(trained["schedule"] == "short") & (trained["seed"] == 0)]
        seconds = main_runs.pivot(index="network", columns="epoch", values="cpu_seconds").add_prefix("seconds_")
        table = load(data).merge(seconds, left_on="network", right_index=True).dropna(subset=list(DEFAULT_ENSEMBLE))
        print(f"\n{data}, choosing {KEEP}\n\n| way | share | regret |\n|---|---|---|")
        for name, found in judged(table, data, options.seconds, options.draws).items():
            columns = [np.array([one.share for one in found]), np.array([one.regret for one in found])]
            cells = " | ".join("{:.1f} [{:.1f}, {:.1f}]".format(values.mean(), *interval(values)) for values in columns)
            print(f"| {name} | {cells} |", flush=True)


if __name__ == "__main__":
    with errors_in_one_line():
        main()
