"""ProxylessNAS against PrototypeNAS: equal processor time, same microcontroller, same data, same final training.

    python -m experiments.proxyless_rival --tier core --data-dir data --out runs/rival

The rules, fixed before the first run:

- Target STM32F746. A network is within a bound if its *estimated* latency is (mean error of the estimate 6.6 %, so the
  bounds are met by estimate, not on a board). Every network is trained alike (`Tier.epochs`, batch 128, learning rate
  0.05, seed of the row), quantized after training, and delivered; its test data are looked at once, after all else.
- Arms. **O**: ProxylessNAS at the bound, in the supernet of the bound's preset, published settings (CE + λ (E - ref) /
  ref, λ = 0.1); where its network is over the bound or more than 10 % under it, it searches again with λ doubled or
  halved, at most three times, and hands in the dearest network within the bound. **R**: random paths of the same
  supernet, within the bound and 5 % of O's latency. **P**: PrototypeNAS, default preset, whole image pool, the bound as
  a limit; its five selected, then the rest of its front, the dearest first. **P1**: the same on the architecture
  `proxylessnas` alone. **F**: of what P explored, the networks of most FLOPs.
- Budget of every arm, bound and seed: the processor seconds that O took for all its searches and its final training.
  An arm whose search is cheaper trains its networks, in its order, for `Tier.brief_epochs` each, as long as another one
  and the final training are expected to fit; the one of best *validation* accuracy is trained finally, from new
  weights. With time for one network only, the first is taken. What each arm spent is in the table.
- One thread; `time.process_time` of this process, which does all the work. Sessions add up; what a killed process
  spent since its last finished step is lost to the account.
- Verdict at a bound: mean of O - P in int8 test accuracy over the seeds, with a 95 % interval by Student's t over the
  seeds (one seed: by the binomial errors of both test scores). "No difference found" where it covers 0. With three
  seeds of standard deviation 0.4 points and 10,000 test pictures, differences under about one point will not be seen.
- Tiers: `smoke` (digits of 16 pixels, one seed, minutes; shows that all arms work and nothing else), `core` (CIFAR-10,
  50 ms, three seeds, O, R, P), `full` (50, 100 and 150 ms, all arms). No setting of any arm is changed after a result
  of `core` or `full` is known, and every result is committed, whatever it says.

Rows that are finished are read back: the same command goes on.
"""

import argparse
import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import islice
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure
from scipy.stats import t as student

from evaluators import DATASETS
from evaluators.classification import classification_evaluator
from evaluators.datasets.samples import ClassificationData
from evaluators.evaluator import TaskEvaluator
from evaluators.training.suitable_recipe import RecipeOptions
from experiments.one_line import errors_in_one_line
from experiments.rival_arms import (
    Contest,
    Meter,
    Proposal,
    most_flops,
    prototypes,
    random_paths,
    searched_network,
)
from prototypenas.costing.targets import load_targets
from prototypenas.deployment.delivery import deliver
from prototypenas.progress import Silent
from prototypenas.reporting.drawing import COLOURS, MARKERS, house_style, save_png, svg_text
from prototypenas.runs.atomic_files import write_json, write_text
from prototypenas.types import InputShape

TARGET = "stm32f746"
MOST_CANDIDATES = 50
"""Networks that an arm looks at, however cheap they are."""
PRESETS: Mapping[float, str] = MappingProxyType({10.0: "tiny", 50.0: "tiny", 100.0: "small", 150.0: "medium"})
"""The supernet whose networks bracket a bound."""


@dataclass(frozen=True)
class Tier:
    """How large the experiment is."""

    dataset: str
    input_shape: InputShape
    bounds_ms: tuple[float, ...]
    arms: tuple[str, ...]
    seeds: int
    warmup_epochs: int
    joint_epochs: int
    trials: int
    brief_epochs: int
    epochs: int


TIERS: Mapping[str, Tier] = MappingProxyType(
    {
        "smoke": Tier("digits", (1, 16, 16), (10.0,), ("O", "R", "P"), 1, 0, 2, 24, 1, 2),
        "core": Tier("cifar10", (3, 32, 32), (50.0,), ("O", "R", "P"), 3, 10, 15, 500, 10, 30),
        "full": Tier("cifar10", (3, 32, 32), (50.0, 100.0, 150.0), ("O", "R", "P", "P1", "F"), 3, 10, 15, 500, 10, 30),
    }
)


@dataclass(frozen=True)
class Row:
    """What one arm handed in at one bound with one seed."""

    arm: str
    bound_ms: float
    seed: int
    network: str
    latency_ms: float
    macs: int
    ram_bytes: int
    rom_bytes: int
    parameters: int
    float_accuracy: float
    int8_accuracy: float
    c_accuracy: float | None
    test_samples: int
    networks_compared: int
    """Trained briefly to choose the one that was trained finally."""
    search_seconds: float
    training_seconds: float
    """Brief and final ones; processor time like that of the search."""

    @property
    def seconds(self) -> float:
        """All that the arm spent."""
        return self.search_seconds + self.training_seconds


def contest_row(contest: Contest, arm: str, tier: Tier, budget: float | None, latency_ms: float) -> Row:
    """Let one arm search, compare and train; a finished one is read back.

    `budget` are the processor seconds it may spend, `None` for the arm that sets them; `latency_ms` is that of O.
    """
    folder = contest.directory / arm
    done = folder / "row.json"
    if done.exists():
        return Row(**json.loads(done.read_text()))
    folder.mkdir(parents=True, exist_ok=True)
    meter = Meter(folder / "spent.json")
    with meter.measuring("search"):
        proposals = list(islice(_proposals(contest, arm, latency_ms), MOST_CANDIDATES))
    chosen, compared = proposals[0], 1
    if budget is not None:
        chosen, compared = _best_of(proposals, contest, tier, meter, budget)
    final = folder / "final"
    with meter.measuring("training"):
        found = contest.evaluator.evaluate(
            chosen.candidate, chosen.baseline, directory=final, seed=contest.seed, device="cpu", progress=Silent()
        )
    delivery = deliver(final, contest.evaluator, contest.target, name="rival", emulate=False)
    cost = chosen.candidate.cost
    row = Row(
        arm=arm,
        bound_ms=contest.bound_ms,
        seed=contest.seed,
        network=chosen.name,
        latency_ms=chosen.latency_ms,
        macs=cost.macs,
        ram_bytes=cost.footprint.ram_bytes,
        rom_bytes=cost.footprint.rom_bytes,
        parameters=cost.parameters,
        float_accuracy=found.float_score,
        int8_accuracy=found.int8_score,
        c_accuracy=delivery.c_score,
        test_samples=found.test_samples,
        networks_compared=compared,
        search_seconds=meter.seconds("search"),
        training_seconds=meter.seconds("training", "comparing"),
    )
    write_json(done, asdict(row))
    return row


def _best_of(
    proposals: Sequence[Proposal], contest: Contest, tier: Tier, meter: Meter, budget: float
) -> tuple[Proposal, int]:
    """Train proposals briefly as long as one more and a final training are expected to fit; return the best."""
    scores: list[float] = []
    per_epoch: list[float] = []
    for number, proposal in enumerate(proposals):
        if scores:
            wanted = max(per_epoch) * (tier.brief_epochs + tier.epochs)
            if meter.seconds() + wanted > budget:
                break
        before = meter.seconds("comparing")
        with meter.measuring("comparing"):
            evaluator = contest.evaluator
            steps = max(1, evaluator.training_steps // tier.epochs)
            result = evaluator.train_briefly(
                proposal.candidate,
                proposal.baseline,
                directory=meter.file.parent / "brief" / str(number),
                steps=steps,
                units=(tier.brief_epochs, tier.brief_epochs),
                seed=contest.seed,
                device="cpu",
            )
        scores.append(result.score)
        per_epoch.append((meter.seconds("comparing") - before) / tier.brief_epochs)
    best = int(np.argmax(scores))
    return proposals[best], len(scores)


def _proposals(contest: Contest, arm: str, latency_ms: float) -> Iterator[Proposal]:
    ways: Mapping[str, Callable[[], Iterator[Proposal]]] = {
        "O": lambda: iter([searched_network(contest)]),
        "R": lambda: random_paths(contest, latency_ms),
        "P": lambda: prototypes(contest, "P"),
        "P1": lambda: prototypes(contest, "P1", ["proxylessnas"]),
        "F": lambda: most_flops(contest),
    }
    return ways[arm]()


def difference(rows: Sequence[Row], first: str, second: str) -> tuple[float, float]:
    """Return mean and half width of the 95 % interval of the difference of two arms' int8 accuracies, in points."""
    by_arm = {arm: {row.seed: row for row in rows if row.arm == arm} for arm in (first, second)}
    seeds = sorted(by_arm[first].keys() & by_arm[second].keys())
    pairs = [(by_arm[first][seed], by_arm[second][seed]) for seed in seeds]
    gaps = np.array([100 * (one.int8_accuracy - other.int8_accuracy) for one, other in pairs])
    if len(gaps) > 1:
        width = student.ppf(0.975, len(gaps) - 1) * gaps.std(ddof=1) / np.sqrt(len(gaps))
    else:
        errors = [row.int8_accuracy * (1 - row.int8_accuracy) / row.test_samples for row in pairs[0]]
        width = 196 * np.sqrt(sum(errors))
    return float(gaps.mean()), float(width)


def verdict(rows: Sequence[Row]) -> str:
    """Say at each bound whether ProxylessNAS and PrototypeNAS differ, by the rule."""
    lines = []
    for bound in sorted({row.bound_ms for row in rows}):
        here = [row for row in rows if row.bound_ms == bound]
        mean, width = difference(here, "O", "P")
        if abs(mean) <= width:
            said = "no difference found"
        else:
            said = f"{'ProxylessNAS' if mean > 0 else 'PrototypeNAS'} is more accurate"
        over = [f"{row.arm} of seed {row.seed}" for row in here if row.latency_ms > bound]
        late = f"; over the bound: {', '.join(over)}" if over else ""
        lines.append(f"{bound:g} ms: O - P is {mean:+.2f} +- {width:.2f} points of int8 accuracy: {said}{late}")
    return "\n".join(lines)


def rival_figure(rows: Sequence[Row]) -> Figure:
    """Draw estimated latency against int8 accuracy, a colour an arm, a mark a network."""
    with house_style():
        figure = Figure(figsize=(6.4, 4.2), layout="constrained")
        axes = figure.subplots()
        for place, arm in enumerate(dict.fromkeys(row.arm for row in rows)):
            mine = [row for row in rows if row.arm == arm]
            points = ([row.latency_ms for row in mine], [100 * row.int8_accuracy for row in mine])
            axes.scatter(*points, color=COLOURS[place], marker=MARKERS[place], label=arm)
        for bound in sorted({row.bound_ms for row in rows}):
            axes.axvline(bound, color="0.6", linewidth=0.8, linestyle="--")
        axes.set_xlabel("Estimated latency, STM32F746 [ms]")
        axes.set_ylabel("int8 test accuracy [%]")
        axes.legend(title="arm")
    return figure


def evaluator_of(tier: Tier, data_dir: Path | None) -> TaskEvaluator:
    """Return the evaluator that every network of a tier is trained by."""
    data = DATASETS[tier.dataset].load(data_dir, input_shape=tier.input_shape)
    assert isinstance(data, ClassificationData)  # the tiers name no other
    options = RecipeOptions(epochs=tier.epochs, batch_size=128, learning_rate=0.05, early_stopping=0)
    return classification_evaluator(data, options)


def main(arguments: Sequence[str] | None = None) -> list[Row]:
    """Do what is missing, print the verdict, and write table and figure."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    tier, target = TIERS[options.tier], load_targets()[TARGET]
    evaluator, rows = evaluator_of(tier, options.data_dir), list[Row]()
    for bound in tier.bounds_ms:
        for seed in range(tier.seeds):
            folder = options.out / f"{bound:g}ms-seed{seed}"
            length = (tier.warmup_epochs, tier.joint_epochs, tier.trials)
            contest = Contest(evaluator, target, bound, PRESETS[bound], seed, folder, *length)
            first = contest_row(contest, "O", tier, None, bound)
            others = [contest_row(contest, arm, tier, first.seconds, first.latency_ms) for arm in tier.arms[1:]]
            rows += [first, *others]
            for row in (first, *others):
                print(
                    f"{bound:g} ms, seed {seed}, {row.arm}: {100 * row.int8_accuracy:.2f} %, {row.seconds:.0f} s",
                    flush=True,
                )
    print(verdict(rows))
    _write(rows, options.out / f"proxyless_rival_{options.tier}")
    return rows


def _write(rows: Sequence[Row], path: Path) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Row)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    write_text(path.with_suffix(".csv"), text.getvalue())
    figure = rival_figure(rows)
    write_text(path.with_suffix(".svg"), svg_text(figure))
    save_png(figure, path.with_suffix(".png"))


def read_rows(path: Path) -> list[Row]:
    """Read a table that was written; a C accuracy that is not there is `None`."""
    table = pd.read_csv(path).astype(object).fillna(0)
    rows = [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]
    return [Row(**{**row, "c_accuracy": row["c_accuracy"] or None}) for row in rows]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="ProxylessNAS against PrototypeNAS at equal processor time.")
    parser.add_argument("--tier", choices=tuple(TIERS), default="smoke")
    parser.add_argument("--data-dir", type=Path, help="folder of CIFAR-10")
    parser.add_argument("--out", type=Path, default=Path("runs/rival"))
    return parser


if __name__ == "__main__":
    with errors_in_one_line():
        main()
