"""The whole plug-in contract on one page: what a baseline, a proxy and an evaluator must be.

A plug-in is a plain function or frozen dataclass in a mapping; its key is its only name.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from prototypenas.evidence import Evidence
from prototypenas.graph.graph import Graph, IntegerGraph
from prototypenas.objectives import Objective, Origin
from prototypenas.progress import Progress
from prototypenas.prototype import Prototype
from prototypenas.runs.class_scores import ReferenceScore
from prototypenas.types import Candidate, Configuration, Cost, Evaluation, InputShape, Preparation, Probe, Target


class Baseline(Protocol):
    """Builds the prototype of a configuration at its pruned widths.

    Exactly four groups; group g has `groups[g].depth` superblocks; the first spatial convolution of each superblock
    takes the group's kernel, the first superblock its stride.
    """

    def __call__(self, configuration: Configuration, input_shape: InputShape, num_classes: int) -> Prototype:
        """Build the untrained network.

        Raises:
            InvalidConfiguration: where the spatial size would vanish or a layer would have no channel.
        """


class Proxy(Protocol):
    """Scores an untrained network; higher is better, deterministic, finite."""

    def __call__(self, evidence: Evidence) -> float:
        """Return the score.

        Raises:
            ProxyError: where the network cannot be scored; never a stand-in number.
        """


@dataclass(frozen=True)
class Priced:
    """A network on a target, as a cost of a plug-in sees it."""

    graph: Graph
    cost: Cost
    target: Target


@dataclass(frozen=True)
class OwnCost:
    """A cost that a plug-in defines: an objective or a limit beside RAM, ROM, FLOPs and latency."""

    function: Callable[[Priced], float]
    """Gives a finite number, the same for the same network; it is called before a network is scored."""
    unit: str = ""
    minimised: bool = True

    def objective(self, name: str) -> Objective:
        """Return it as an objective."""
        return Objective(name, Origin.COST, self.minimised, self.unit)


class Evaluator(Protocol):
    """A data set and how the chosen models are trained and tested on it."""

    @property
    def input_shape(self) -> InputShape:
        """One sample without its batch dimension."""

    @property
    def num_classes(self) -> int:
        """Number of classes."""

    @property
    def metric(self) -> str:
        """What `Evaluation.metric` will be; `map50` says that detectors are wanted, else classifiers."""

    @property
    def preparation(self) -> Preparation | None:
        """What training did to a stored sample before the network saw it; None where it is not a fixed scaling."""

    def probe(self, *, batch_size: int, seed: int) -> Probe:
        """Draw real data for the proxies from the training part; test data is never touched."""

    def evaluate(
        self,
        candidate: Candidate,
        baseline: Baseline,
        *,
        directory: Path,
        seed: int,
        device: str,
        progress: Progress,
    ) -> Evaluation:
        """Train, prune, quantize and test one candidate; resume from what `directory` already holds.

        Leaves `checkpoint.pt`, `last.pt`, `history.csv`, `metrics.json` and the quantized graph
        (`graph_int8.npz`) in `directory`.
        """

    def test_batches(self, batch_size: int) -> Iterator[NDArray[np.float32]]:
        """Return the inputs `(N, *input_shape)` of the test set in order, normalised as the network wants them."""

    def score(self, graph: IntegerGraph, outputs: NDArray[np.int8]) -> float:
        """Score in `[0, 1]` what a quantized network gave for the first test samples.

        `outputs` are raw, `(N, output bytes)`: all outputs of the graph one after the other, as the C writes them.
        """


@dataclass(frozen=True)
class BriefResult:
    """What a network has learnt so far."""

    loss: float
    """Mean training loss since the training was last continued."""
    score: float
    """Of data held out of the training part, in `[0, 1]`, higher is better."""
    held_out: int
    """Samples that it was measured on."""


@runtime_checkable
class BriefTrainer(Protocol):
    """An evaluator that can also train for a while only; without it a run cannot be refined. It pickles."""

    @property
    def batch_size(self) -> int:
        """Samples of an optimizer step."""

    @property
    def training_steps(self) -> int:
        """Optimizer steps of a whole training, of a network small enough to have time for all of them."""

    @property
    def most_seconds(self) -> float:
        """Nominal seconds of one core that a whole training takes at most; infinite where there is no limit."""

    def train_briefly(
        self,
        candidate: Candidate,
        baseline: Baseline,
        *,
        directory: Path,
        steps: int,
        units: tuple[int, int],
        seed: int,
        device: str,
    ) -> BriefResult:
        """Train up to the first of `units` of `steps` optimizer steps, of a training that has the second.

        Called again with more units, it continues from what `directory` holds, to the same result as in one go. Test
        data is never touched.
        """


class References(Protocol):
    """Simple classifiers that the networks are compared with; it pickles."""

    def scores(self, progress: Progress) -> tuple[ReferenceScore, ...]:
        """Train each on the training part and test it on the test part; the same every time."""
