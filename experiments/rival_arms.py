"""The arms of `experiments.proxyless_rival`: each proposes networks within a latency, in an order fixed beforehand."""

import json
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from evaluators.classification import ClassificationTask
from evaluators.evaluator import TaskEvaluator
from evaluators.proxyless.search import ProxylessSearch, Searched
from evaluators.proxyless.search_plan import plan_for
from prototypenas import pipeline
from prototypenas.app.composition import compose_choice
from prototypenas.app.given_space import Space
from prototypenas.app.presets import DEFAULT_PRESET
from prototypenas.app.searching import explore
from prototypenas.app.settings import SelectionSettings
from prototypenas.costing.measurement import measure_network
from prototypenas.errors import ConfigurationError
from prototypenas.oneshot.cost_table import CostTable, cost_table
from prototypenas.oneshot.regularisation import Regularisation
from prototypenas.oneshot.supernet import Supernet
from prototypenas.progress import Silent
from prototypenas.protocols import Baseline
from prototypenas.runs.atomic_files import write_json
from prototypenas.types import Built, Candidate, Explored, Scored, Target
from search_spaces import IMAGE_POOL
from search_spaces.proxyless_supernet import SUPERNETS, build_supernet, derived_network

KEEP = 5
"""Models that the arm of PrototypeNAS selects; the rest of its front follows, dearest first."""
NEAR = 0.05
"""By which share a random path's latency may differ from that of the searched network."""
ATTEMPTS = 100_000
SEARCHES = 3
"""Most searches of the arm of ProxylessNAS, with the weight of the latency doubled or halved between them."""
WITHIN = 0.1
"""A search whose network is at most this share over the bound, or under it, is not repeated."""


@dataclass(frozen=True)
class Proposal:
    """One network that an arm may train."""

    name: str
    candidate: Built
    baseline: Baseline

    @property
    def latency_ms(self) -> float:
        """The estimate."""
        found = self.candidate.cost.latency_ms
        assert found is not None  # the target has a latency model
        return found


@dataclass(frozen=True)
class Contest:
    """One bound and one seed of the experiment: what every arm is given."""

    evaluator: TaskEvaluator
    target: Target
    bound_ms: float
    preset: str
    """Of the over-parameterised network."""
    seed: int
    directory: Path
    warmup_epochs: int
    joint_epochs: int
    trials: int

    @property
    def task(self) -> ClassificationTask:
        """The data set."""
        assert isinstance(self.evaluator.task, ClassificationTask)
        return self.evaluator.task

    def supernet(self) -> Supernet:
        """Build the over-parameterised network; the same for the same seed."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            return build_supernet(SUPERNETS[self.preset], self.task.input_shape, self.task.num_classes)

    def costs(self) -> CostTable:
        """Price it."""
        return cost_table(self.supernet(), self.task.input_shape, self.target)

    def derived(self, choices: Sequence[str], name: str, number: int = 0) -> Proposal:
        """Return the network of one choice a superblock."""
        network = derived_network(SUPERNETS[self.preset], choices, name)
        with torch.device("meta"):
            module = network(network.configuration, self.task.input_shape, self.task.num_classes)
        measured = measure_network(module, self.task.input_shape, self.target)
        asked = Candidate(number, network.configuration)
        return Proposal(" ".join(choices), asked.built(measured.cost, measured.graph.digest()), network)


class Meter:
    """Adds up the processor seconds of named work, over all sessions that it took, in a file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    @contextmanager
    def measuring(self, work: str) -> Iterator[None]:
        """Add the processor time of the block; what a killed process spent since its last block is not known."""
        started = time.process_time()
        try:
            yield
        finally:
            spent = self._read()
            spent[work] = spent.get(work, 0.0) + time.process_time() - started
            write_json(self.file, spent)

    def seconds(self, *works: str) -> float:
        """Return what these works took, or all of them."""
        return sum(seconds for work, seconds in self._read().items() if not works or work in works)

    def _read(self) -> dict[str, float]:
        return dict(json.loads(self.file.read_text())) if self.file.exists() else {}


def searched_network(contest: Contest) -> Proposal:
    """Arm O: search at the bound, up to three times; hand in the dearest within the bound, else the cheapest."""
    plan = plan_for(
        len(contest.task.train),
        warmup_epochs=contest.warmup_epochs,
        joint_epochs=contest.joint_epochs,
        held_out_share=0.2,
        augmentation=contest.evaluator.recipe.augmentation,
    )
    costs, wanted = contest.costs(), Regularisation(contest.bound_ms)
    found: list[Searched] = []
    for attempt in range(SEARCHES):
        search = ProxylessSearch(contest.task, plan, costs, wanted)
        folder = contest.directory / "O" / "searches" / str(attempt + 1)
        supernet = contest.supernet()
        found.append(search.run(supernet, directory=folder, seed=contest.seed, device="cpu", progress=Silent()))
        off = found[-1].cost / contest.bound_ms - 1
        if -WITHIN <= off <= 0:
            break
        wanted = replace(wanted, weight=wanted.weight * (2.0 if off > 0 else 0.5))
    within = [one for one in found if one.cost <= contest.bound_ms]
    best = max(within, key=_cost) if within else min(found, key=_cost)
    return contest.derived(best.choices, "proxyless-searched")


def random_paths(contest: Contest, latency_ms: float) -> Iterator[Proposal]:
    """Arm R: random networks of the same space, within the bound and near the latency of the searched one.

    Raises:
        ConfigurationError: if none is found.
    """
    supernet, costs = contest.supernet(), contest.costs()
    drawn, seen = random.Random(contest.seed), set()
    for attempt in range(ATTEMPTS):
        places = tuple(drawn.randrange(len(edge.names)) for edge in supernet.edges)
        near = abs(costs.of(places) / latency_ms - 1) <= NEAR
        if near and places not in seen and costs.of(places) <= max(contest.bound_ms, latency_ms):
            seen.add(places)
            yield contest.derived(supernet.names_of(places), "proxyless-random", attempt)
    if not seen:
        raise ConfigurationError(f"no network of {contest.preset} within {NEAR:.0%} of {latency_ms:.1f} ms was drawn")


def prototypes(contest: Contest, arm: str, architectures: Sequence[str] | None = None) -> Iterator[Proposal]:
    """Arms P and P1: PrototypeNAS's default search and selection under the bound, the dearest of the chosen first."""
    candidates = _explored(contest, arm, architectures)
    choice = compose_choice(SelectionSettings(keep=str(KEEP)), DEFAULT_PRESET, contest.seed)
    selection = pipeline.choose(candidates, choice)
    numbers = {one.number for one in selection.chosen}
    rest = [one for one in selection.front if one.number not in numbers]
    for part in (selection.chosen, rest):
        yield from sorted(map(_proposal, part), key=lambda one: -one.latency_ms)


def most_flops(contest: Contest) -> Iterator[Proposal]:
    """Arm F: of all networks that arm P looked at, the feasible ones of most FLOPs; no score is used."""
    feasible = [one for one in _explored(contest, "P", None) if isinstance(one, Scored)]
    yield from map(_proposal, sorted(feasible, key=lambda one: -one.cost.flops))


def _explored(contest: Contest, arm: str, architectures: Sequence[str] | None) -> tuple[Explored, ...]:
    found = explore(
        Space(architectures=architectures, input=contest.task.input_shape, classes=contest.task.num_classes),
        limits={"latency": contest.bound_ms},
        directory=contest.directory / arm / "exploration",
        target=contest.target.name,
        trials=contest.trials,
        seed=contest.seed,
    )
    return found.candidates


def _proposal(candidate: Scored) -> Proposal:
    architecture = candidate.configuration.architecture
    return Proposal(f"{architecture} {candidate.number}", candidate, IMAGE_POOL[architecture])


def _cost(search: Searched) -> float:
    return search.cost
