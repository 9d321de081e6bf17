"""A table of our own search space: random networks that fit a small target, what they cost, and how well they learn.

    OMP_NUM_THREADS=1 python -m experiments.own_space --data cifar10 digits sisfall --data-dir data

With glibc, `MALLOC_TRIM_THRESHOLD_=10000000000 MALLOC_MMAP_THRESHOLD_=1000000000` before it saves a tenth of the time.

The ground truth that every rule for ranking untrained networks is held against
(`experiments.ranking_on_own_space`), and a tabular benchmark of microcontroller networks with RAM, ROM and estimated
latency: `load("cifar10")` reads it.

Protocol, fixed before the first training:

- Networks: `experiments.own_space_networks`; 120 of six families at 3x32x32 (CIFAR-10), 42 at 1x32x32 (digits), 40 of
  two families at 9x512 (SisFall, five subjects); of each family one a stratum of log FLOPs; built at pruned widths.
- Training: `experiments.own_space_training.SHORT`; samples of the training part only, accuracy on others of it held
  out (of SisFall a subject); seed 0 draws weights, order and augmentation. Cut by a third once, after the first seven
  trainings had shown what they cost; those seven were discarded, and no rule had been held against them.
- Order: families and far strata in turn, so that any first part is balanced; the three sets take turns.
- Afterwards, as far as time goes: one network of each family trained four times as long (do short ranks last?), in turn
  with a second seed of 12 others (what is noise?), all on CIFAR-10.
- Primary measure: Spearman correlation with held-out accuracy on CIFAR-10, partial given log FLOPs. The primary
  candidate, named before any result: the rank sum of Jacobian covariance and parameters.
- A rule that chooses 5 of 60 drawn networks is judged by its share of the best hypervolume of (log FLOPs, accuracy) and
  its regret of best accuracy, against FLOPs quantiles, random, `merit` on today's four proxies, and the paper's rule;
  intervals over draws.

One process a network: a crash in a native library costs that network only, which the next call tries again. A finished
network is on disk before the next begins; the same command continues.
"""

import argparse
import multiprocessing
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkProcess
from pathlib import Path

import pandas as pd
import torch

from evaluators import DATASETS
from evaluators.datasets.samples import ClassificationData, Samples
from evaluators.datasets.source import with_classes
from experiments.one_line import errors_in_one_line
from experiments.own_space_networks import DRAWS_BY_DATA, configuration_of, networks
from experiments.own_space_training import LONG, SHORT, Epoch, Schedule, parts, train
from prototypenas.errors import ConfigurationError

RESULTS = Path(__file__).parent / "results"
SECOND_SEEDS = 12
LONG_STRATA = (4, 7, 10, 13, 16, 19)
"""The stratum of the network trained longer, family by family: none of the smallest, which hardly learn."""


@dataclass(frozen=True)
class Job:
    """One training."""

    data: str
    network: str
    schedule: str
    """`short` or `long`."""
    seed: int


def load(data: str, folder: Path = RESULTS) -> pd.DataFrame:
    """Read the table of one data set: a row a network that was trained with seed 0, as `docs/own_space.md` describes.

    Raises:
        ConfigurationError: for a data set that has no table.
    """
    if data not in DRAWS_BY_DATA:
        raise ConfigurationError(f"{data} has no table of our own space; {', '.join(DRAWS_BY_DATA)} have")
    drawn = pd.read_csv(folder / f"own_space_{data}_networks.csv")
    trained = _read_trainings(folder / f"own_space_{data}_trainings.csv")
    main = trained[(trained["schedule"] == "short") & (trained["seed"] == 0)]
    measured = ["loss", "training_accuracy", "accuracy"]
    epochs = [rows.set_index("network")[measured].add_suffix(f"_{epoch}") for epoch, rows in main.groupby("epoch")]
    wide = pd.concat(epochs, axis=1)
    wide["accuracy"] = wide[f"accuracy_{SHORT[data].epochs}"]
    wide["cpu_seconds"] = main.groupby("network")["cpu_seconds"].sum()
    table = drawn.merge(wide.reset_index(), on="network")
    scores = folder / f"own_space_{data}_scores.csv"
    return table.merge(pd.read_csv(scores), on="network") if scores.exists() else table


def load_trainings(data: str, folder: Path = RESULTS) -> pd.DataFrame:
    """Read every epoch of every training of a data set, second seeds and long trainings too."""
    return _read_trainings(folder / f"own_space_{data}_trainings.csv")


def jobs(tables: Mapping[str, pd.DataFrame]) -> Iterator[Job]:
    """Return all trainings in their order: the data sets in turn, then the long ones and the second seeds of CIFAR-10.

    A set with fewer networks is spread over the length of the longest, so that all end together.
    """
    longest = max(len(table) for table in tables.values())
    placed = [
        ((place + 0.5) / len(table), Job(data, str(network), "short", 0))
        for data, table in tables.items()
        for place, network in enumerate(table["network"])
    ]
    assert longest > 0
    yield from (job for _, job in sorted(placed, key=lambda one: one[0]))
    if "cifar10" in tables:
        yield from _repetitions(tables["cifar10"])


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and train what is missing."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    tables = {data: networks(data, _made(options.out) / f"own_space_{data}_networks.csv") for data in options.data}
    sets = {data: with_classes(DATASETS[data].load(options.data_dir)) for data in options.data}
    samples = {data: parts(sets[data], SHORT[data]) for data in options.data}
    done = {data: _done(options.out / f"own_space_{data}_trainings.csv") for data in options.data}
    missing = [job for job in jobs(tables) if (job.network, job.schedule, job.seed) not in done[job.data]]
    print(f"{len(missing)} trainings to go", flush=True)
    room = Room(tables, sets, samples)
    failed = 0
    for number, (job, epochs) in enumerate(_trained(missing, room, options.jobs), start=1):
        failed += epochs is None
        if epochs is None:
            print(f"{number}/{len(missing)} {job.network}: its process died; call again to try again", flush=True)
            continue
        _append(options.out / f"own_space_{job.data}_trainings.csv", job, epochs)
        spent = sum(epoch.cpu_seconds for epoch in epochs)
        reached = f"accuracy {epochs[-1].accuracy:.3f}, loss {epochs[-1].loss:.3f}, {spent:.1f} CPU s"
        print(f"{number}/{len(missing)} {job.network} {job.schedule} seed {job.seed}: {reached}", flush=True)
    if failed:
        sys.exit(f"{failed} networks were not trained")


@dataclass(frozen=True)
class Room:
    """What every training reads; shared with its process by forking."""

    tables: Mapping[str, pd.DataFrame]
    sets: Mapping[str, ClassificationData]
    samples: Mapping[str, tuple[Samples, Samples]]

    def train(self, job: Job) -> list[Epoch]:
        """Build the network from its seed and train it."""
        table = self.tables[job.data]
        configuration = configuration_of(table[table["network"] == job.network].iloc[0].to_dict())
        draw = DRAWS_BY_DATA[job.data]
        torch.manual_seed(job.seed)
        network = draw.pool[configuration.architecture](configuration, draw.input_shape, draw.classes)
        schedule: Schedule = (SHORT if job.schedule == "short" else LONG)[job.data]
        return list(train(network, self.sets[job.data], schedule, self.samples[job.data], job.seed))


def _trained(todo: Sequence[Job], room: Room, jobs: int) -> Iterator[tuple[Job, list[Epoch] | None]]:
    """Train each in a process of its own, `jobs` at a time; `None` for one whose process died."""
    context = multiprocessing.get_context("fork")
    waiting = list(reversed(todo))
    running: dict[Connection, tuple[Job, ForkProcess]] = {}
    while waiting or running:
        while waiting and len(running) < jobs:
            job = waiting.pop()
            ours, theirs = context.Pipe(duplex=False)
            process = context.Process(target=_answer, args=(theirs, room, job), daemon=True)
            process.start()
            theirs.close()
            running[ours] = (job, process)
        for ready in wait(list(running)):
            assert isinstance(ready, Connection)
            job, process = running.pop(ready)
            try:
                epochs: list[Epoch] | None = ready.recv()
            except EOFError:
                epochs = None
            process.join()
            ready.close()
            yield job, epochs


def _answer(connection: Connection, room: Room, job: Job) -> None:
    connection.send(room.train(job))


def _repetitions(table: pd.DataFrame) -> Iterator[Job]:
    families = list(dict.fromkeys(table["architecture"]))
    long = [f"cifar10-{family}-{stratum:02}" for family, stratum in zip(families, LONG_STRATA, strict=True)]
    others = [str(network) for network in table["network"] if network not in long][:SECOND_SEEDS]
    for network, pair in zip_longest(long, zip(others[::2], others[1::2], strict=True)):
        yield from (Job("cifar10", other, "short", 1) for other in pair)
        yield Job("cifar10", network, "long", 0)


def _append(path: Path, job: Job, epochs: Sequence[Epoch]) -> None:
    """Add a training to its file, whole or not at all."""
    rows = pd.DataFrame(
        {"network": job.network, "schedule": job.schedule, "seed": job.seed, **asdict(epoch)} for epoch in epochs
    )
    whole = pd.concat([_read_trainings(path), rows]) if path.exists() else rows
    partial = path.with_name(path.name + ".partial")
    whole.to_csv(partial, index=False, float_format="%.6g")
    partial.replace(path)


def _done(path: Path) -> set[tuple[str, str, int]]:
    if not path.exists():
        return set()
    return set(_read_trainings(path)[["network", "schedule", "seed"]].itertuples(index=False, name=None))


def _read_trainings(path: Path) -> pd.DataFrame:
    return pd.read_csv(path)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Train the networks of the table of our own search space.")
    parser.add_argument("--data", nargs="+", choices=sorted(DRAWS_BY_DATA), required=True)
    parser.add_argument("--data-dir", type=Path, required=True, help="holds CIFAR-10 and SisFall as their loaders want")
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--jobs", type=int, default=1, help="trainings at a time, of one thread each")
    return parser


if __name__ == "__main__":
    with errors_in_one_line():
        main()
