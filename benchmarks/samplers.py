"""Which sampler finds most: feasible hypervolume over trials, several seeds, and what a trial costs.

    OMP_NUM_THREADS=1 python -m benchmarks.samplers --trials 200 --seeds 5 --figure docs/figures/samplers.svg

Every sampler searches the whole image pool at 3x32x32 for an stm32f746 under the same budget, with the default ensemble
on batches of 8. The hypervolume is taken in FLOPs and all proxies, normalised over everything any sampler found. A
sampler may be named with its population, `nsga2:50`. Keeps each run in `--out`, where a repeated call finds it, prints
a table, and draws the curves with the range over seeds, by trials and by CPU seconds. `gp` is left out unless named: to
model five objectives takes hours here.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from time import process_time

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from prototypenas.app.presets import DEFAULT_OBJECTIVES
from prototypenas.costing.targets import load_targets
from prototypenas.exploration.candidate_evaluation import ExplorationTask
from prototypenas.exploration.exploration import explore
from prototypenas.exploration.samplers import SAMPLERS
from prototypenas.exploration.space import SearchSpace
from prototypenas.reporting.drawing import COLOURS, house_style, svg_text
from prototypenas.selection.hypervolume import REFERENCE, hypervolume, normalisation_over
from prototypenas.selection.pareto import nondominated
from prototypenas.workers.in_process import InProcess
from proxies import PROXIES
from search_spaces import IMAGE_POOL, KERNELS

STEP = 10


@dataclass(frozen=True, eq=False)
class Run:
    """What one sampler found with one seed."""

    sampler: str
    seed: int
    objectives: NDArray[np.float64]
    """`(trials, 1 + proxies)`, lower is better; NaN for a rejected candidate."""
    sampler_seconds: float
    cpu_seconds: float
    """Of the whole exploration, which runs in one process on one thread."""


def explored(sampler_seed: tuple[str, int], *, trials: int, out: Path) -> Run:
    """Explore in this process, or read what an earlier call did."""
    sampler, seed = sampler_seed
    path = out / f"{sampler.replace(':', '-')}-{seed}-{trials}.npz"
    if path.exists():
        with np.load(path) as kept:
            return Run(sampler, seed, kept["objectives"], float(kept["sampler_seconds"]), float(kept["cpu_seconds"]))
    run = _explored(sampler, seed, trials)
    np.savez(path, objectives=run.objectives, sampler_seconds=run.sampler_seconds, cpu_seconds=run.cpu_seconds)
    return run


def _explored(sampler: str, seed: int, trials: int) -> Run:
    target = load_targets()["stm32f746"]
    proxies = {proxy: PROXIES[proxy] for proxy in DEFAULT_OBJECTIVES[1:]}
    task = ExplorationTask(IMAGE_POOL, proxies, (3, 32, 32), 10, target, target.budget, batch_size=8)
    start = process_time()
    exploration = explore(
        task,
        space=SearchSpace(tuple(IMAGE_POOL), KERNELS),
        trials=trials,
        sampler=sampler,
        seed=seed,
        executor=InProcess(),
    )
    rows = np.full((trials, 1 + len(proxies)), np.nan)
    for candidate in exploration.feasible:
        scores = [-candidate.scores[proxy] for proxy in proxies]
        rows[candidate.number] = [candidate.cost.flops, *scores]
    return Run(sampler, seed, rows, exploration.statistics.sampler_seconds, process_time() - start)


def curves(runs: list[Run]) -> dict[tuple[str, int], list[float]]:
    """Return each run's hypervolume after every `STEP` trials, as a share of that of all runs together."""
    everything = np.concatenate([run.objectives for run in runs])
    everything = everything[~np.isnan(everything[:, 0])]
    front = everything[nondominated(everything)]
    scale = normalisation_over(tuple(str(column) for column in range(front.shape[1])), front)
    whole = hypervolume(scale.apply(front), REFERENCE)
    found: dict[tuple[str, int], list[float]] = {}
    for run in runs:
        values = []
        for end in range(STEP, len(run.objectives) + 1, STEP):
            scored = run.objectives[:end]
            scored = scored[~np.isnan(scored[:, 0])]
            inside = scale.apply(scored[nondominated(scored)]) if len(scored) else scored
            values.append(hypervolume(inside, REFERENCE) / whole if len(scored) else 0.0)
        found[run.sampler, run.seed] = values
    return found


def at_equal_time(runs: list[Run], found: dict[tuple[str, int], list[float]]) -> tuple[float, dict[str, list[float]]]:
    """Return the CPU seconds of the quickest run, and what each run of each sampler had found by then.

    A run's trials are taken to cost alike.
    """
    shortest = min(run.cpu_seconds for run in runs)
    values: dict[str, list[float]] = {}
    for run in runs:
        curve = [0.0, *found[run.sampler, run.seed]]
        seconds = np.linspace(0.0, run.cpu_seconds, len(curve))
        values.setdefault(run.sampler, []).append(float(np.interp(shortest, seconds, curve)))
    return shortest, values


def draw(runs: list[Run], found: dict[tuple[str, int], list[float]], path: Path) -> None:
    """Draw the mean over seeds and the range, by trials and by CPU seconds."""
    with house_style():
        figure = Figure(figsize=(10, 4.4), layout="constrained")
        by_trials, by_seconds = figure.subplots(1, 2, sharey=True)
        for place, sampler in enumerate(dict.fromkeys(run.sampler for run in runs)):
            values = np.array([found[run.sampler, run.seed] for run in runs if run.sampler == sampler])
            trials = STEP * (1 + np.arange(values.shape[1]))
            seconds = float(np.mean([run.cpu_seconds for run in runs if run.sampler == sampler])) / trials[-1]
            line = {"color": COLOURS[place % len(COLOURS)], "linestyle": "-" if place < len(COLOURS) else "--"}
            by_trials.plot(trials, values.mean(axis=0), label=sampler, **line)
            by_trials.fill_between(
                trials, values.min(axis=0), values.max(axis=0), alpha=0.10, color=line["color"], linewidth=0
            )
            by_seconds.plot(seconds * trials, values.mean(axis=0), **line)
        by_trials.set(xlabel="trials", ylabel="feasible hypervolume, share of all found")
        by_seconds.set(xlabel="CPU seconds, evaluation included")
        by_trials.legend(ncols=2, fontsize=8)
        path.write_text(svg_text(figure), encoding="utf-8")


def main() -> None:
    """Run all samplers and compare them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--samplers", nargs="*", default=[name for name in SAMPLERS if name != "gp"])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("runs/samplers"))
    parser.add_argument("--figure", type=Path)
    arguments = parser.parse_args()
    work = [(sampler, seed) for seed in range(arguments.seeds) for sampler in arguments.samplers]
    arguments.out.mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor(arguments.jobs, get_context("spawn")) as pool:
        runs = list(pool.map(partial(explored, trials=arguments.trials, out=arguments.out), work))
    found = curves(runs)
    shortest, timed = at_equal_time(runs, found)
    print("| sampler | hypervolume (range over seeds) | after equal time | feasible | sampler [ms a trial] |")
    print("|---|---|---|---|---|")
    for sampler in arguments.samplers:
        ends = [values[-1] for (name, _), values in found.items() if name == sampler]
        own = [run for run in runs if run.sampler == sampler]
        feasible = np.mean([np.mean(~np.isnan(run.objectives[:, 0])) for run in own])
        milliseconds = 1e3 * np.mean([run.sampler_seconds for run in own]) / arguments.trials
        print(
            f"| {sampler} | {np.mean(ends):.3f} ({min(ends):.3f} to {max(ends):.3f}) | {np.mean(timed[sampler]):.3f} "
            f"| {feasible:.0%} | {milliseconds:.1f} |"
        )
    print(f"equal time: {shortest:.0f} CPU seconds, the quickest run's")
    if arguments.figure:
        draw(runs, found, arguments.figure)


if __name__ == "__main__":
    main()
