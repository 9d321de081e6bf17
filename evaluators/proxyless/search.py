"""The search: weights and architecture parameters by turns, epoch by epoch, from wherever it was left."""

import hashlib
import math
import time
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from evaluators.classification import ClassificationTask
from evaluators.datasets.samples import Samples
from evaluators.proxyless.search_plan import SearchPlan
from evaluators.proxyless.search_state import AlphaRecord, SearchRecord, SearchState, load_search, save_search
from evaluators.proxyless.steps import ArchitectureSteps, WeightSteps
from evaluators.training.batches import ShuffledBatches, seed_of
from prototypenas.devices import parsed_device
from prototypenas.errors import ConfigurationError, TrainingError
from prototypenas.oneshot.cost_table import CostTable
from prototypenas.oneshot.regularisation import Regularisation
from prototypenas.oneshot.supernet import Supernet
from prototypenas.progress import Progress


@dataclass(frozen=True)
class Searched:
    """The network that a search arrived at."""

    choices: tuple[str, ...]
    """The most probable candidate of each edge, by name."""
    cost: float
    """Of that network by the table: milliseconds, or multiply-accumulates."""
    expected_cost: float
    """Of a network drawn by the last probabilities."""
    processor_seconds: float
    """Of the whole search, whatever number of sessions it took."""


@dataclass(frozen=True)
class ProxylessSearch:
    """What is searched for on which data; test data is never touched."""

    task: ClassificationTask
    plan: SearchPlan
    costs: CostTable
    wanted: Regularisation

    def run(self, supernet: Supernet, *, directory: Path, seed: int, device: str, progress: Progress) -> Searched:
        """Search from wherever `directory` was left; the same seed gives the same result, in one go or in several.

        Raises:
            ConfigurationError: for a cost that no network of the space has, or a device that is not there.
            TrainingError: if the loss stops being finite, or a class is missing from a part.
            RunDirectoryError: if `directory` holds a damaged file or another search.
        """
        parsed_device(device)
        self.costs.check_reachable(self.wanted.reference)
        self.wanted.check_logarithm(self.costs.least)
        learnt, held_out = self.parts()
        directory.mkdir(parents=True, exist_ok=True)
        state = load_search(directory, self._fingerprint(supernet, seed))
        session = _Session(self, supernet, learnt.to(device), held_out.to(device), seed=seed, device=device)
        session.restore(state)
        with torch.random.fork_rng(devices=[]):
            for epoch in range(state.epochs, self.plan.epochs):
                progress.update("search", epoch, self.plan.epochs)
                state = session.epoch(epoch, state)
                save_search(state, directory)
        progress.update("search", self.plan.epochs, self.plan.epochs)
        places = supernet.most_probable()
        return Searched(
            choices=supernet.names_of(places),
            cost=self.costs.of(places),
            expected_cost=state.history[-1].expected_cost,
            processor_seconds=sum(record.processor_seconds for record in state.history),
        )

    def parts(self) -> tuple[Samples, Samples]:
        """Return what the weights learn from, and what the architecture parameters do.

        Raises:
            ConfigurationError: if a class is missing from one of them.
        """
        learnt, held_out = self.task.divided(self.plan.held_out_share)
        assert held_out is not None  # the plan's share is above 0
        for part, which in ((learnt, "learnt from"), (held_out, "held out")):
            missing = set(range(self.task.num_classes)) - set(part.targets.tolist())
            if missing:
                names = ", ".join(self.task.data.classes[number] for number in sorted(missing))
                raise ConfigurationError(
                    f"no sample of {names} is in the part of {self.task.name} that is {which}; hold out another share"
                )
        return learnt, held_out

    def _fingerprint(self, supernet: Supernet, seed: int) -> str:
        parts = (self.task.digest(), self.plan, self.costs, self.wanted, str(supernet), seed)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


class _Session:
    """One process's part of a search."""

    def __init__(
        self, search: ProxylessSearch, supernet: Supernet, learnt: Samples, held_out: Samples, *, seed: int, device: str
    ) -> None:
        plan = search.plan
        self.plan, self.costs, self.supernet, self.seed, self.device = plan, search.costs, supernet, seed, device
        self.learnt = ShuffledBatches(learnt, device, plan.batch_size, seed, steps_per_epoch=plan.steps_per_epoch)
        self.held_out = ShuffledBatches(held_out, device, min(plan.batch_size, len(held_out)), seed + 1)
        self.paths = torch.Generator().manual_seed(seed_of(seed, -1))
        supernet.draw_alphas(self.paths)
        supernet.to(device)
        supernet.to(memory_format=torch.channels_last)
        supernet.train()
        rate = plan.alpha_learning_rate(len(self.learnt))
        self.weights = WeightSteps.planned(supernet, search.task, plan)
        self.architecture = ArchitectureSteps.planned(
            supernet, search.task, search.costs, search.wanted, learning_rate=rate
        )

    def restore(self, state: SearchState) -> None:
        """Take over what an earlier session left."""
        if not state.epochs:
            return
        self.supernet.load_state_dict(dict(state.network))
        self.weights.optimizer.load_state_dict(dict(state.weights))
        self.architecture.optimizer.load_state_dict(dict(state.architecture))
        self.paths.set_state(state.paths)

    def epoch(self, epoch: int, state: SearchState) -> SearchState:
        """Train one epoch and return the state after it.

        Raises:
            TrainingError: if the loss is not finite.
        """
        started = time.process_time()
        loss, held_out_loss = self._train(epoch)
        places = self.supernet.most_probable()
        probabilities = [edge.probabilities().detach() for edge in self.supernet.edges]
        record = SearchRecord(
            epoch=epoch + 1,
            phase="joint" if epoch >= self.plan.warmup_epochs else "warm-up",
            loss=loss,
            held_out_loss=held_out_loss,
            expected_cost=float(self.costs.expected(probabilities)),
            derived_cost=self.costs.of(places),
            entropy=self.supernet.entropy(),
            processor_seconds=time.process_time() - started,
        )
        alphas = tuple(
            AlphaRecord(epoch + 1, number, name, float(probability))
            for number, (edge, chances) in enumerate(zip(self.supernet.edges, probabilities, strict=True))
            for name, probability in zip(edge.names, chances, strict=True)
        )
        return replace(
            state,
            network=self.supernet.state_dict(),
            weights=self.weights.optimizer.state_dict(),
            architecture=self.architecture.optimizer.state_dict(),
            paths=self.paths.get_state(),
            history=(*state.history, record),
            alphas=(*state.alphas, *alphas),
        )

    def _train(self, epoch: int) -> tuple[float, float | None]:
        """Return the mean losses of the weight steps and of the architecture steps."""
        torch.manual_seed(seed_of(self.seed, epoch))
        augmenting = torch.Generator(self.device).manual_seed(seed_of(self.seed + 1, epoch))
        steps = len(self.learnt)
        wanted = self.plan.architecture_steps(epoch, steps)
        self.learnt.epoch = epoch
        self.held_out.epoch, self.held_out.steps_per_epoch = epoch, max(1, wanted)
        held_out = iter(self.held_out)
        total, held_out_total = torch.zeros((), device=self.device), torch.zeros((), device=self.device)
        for step, batch in enumerate(self.learnt, start=1):
            self.weights.set_rate(self.plan.learning_rate(epoch, step - 1, steps))
            total += self.weights.step(batch, self.paths, augmenting, epoch / self.plan.epochs)
            if wanted and step % self.plan.architecture_every == 0:
                held_out_total += self.architecture.step(next(held_out), self.paths)
        if not math.isfinite(float(total)):
            raise TrainingError(
                f"the loss became {float(total)} in epoch {epoch + 1} of the search; lower the learning rates "
                f"({self.plan.warmup_rate} and {self.plan.joint_rate})"
            )
        return float(total) / steps, float(held_out_total) / wanted if wanted else None
