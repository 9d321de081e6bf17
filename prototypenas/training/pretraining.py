"""Before the selected models: one network an architecture, trained on other pictures, for them to begin with."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor

from prototypenas.errors import InvalidConfiguration
from prototypenas.progress import Progress
from prototypenas.protocols import Baseline, Evaluator
from prototypenas.runs.atomic_files import write_json
from prototypenas.runs.run_directory import RunDirectory
from prototypenas.runs.start_record import START_FILE
from prototypenas.training.pretrained_baseline import PretrainedBaseline
from prototypenas.types import GROUPS, Candidate, Configuration, InputShape


class Pretraining(Protocol):
    """How and on what networks are pre-trained."""

    @property
    def input_shape(self) -> InputShape:
        """One sample without its batch dimension, as the selected models see it."""

    def summary(self) -> str:
        """Say in a line what is learnt, for the user to check before it takes hours."""

    def identity(self, configuration: Configuration, seed: int) -> str:
        """Return a few characters, equal where the pre-trained network is."""

    def train(
        self,
        configuration: Configuration,
        baseline: Baseline,
        *,
        directory: Path,
        seed: int,
        device: str,
        progress: Progress,
    ) -> None:
        """Train the network; a finished one is left as it is, an interrupted one continued.

        Raises:
            TrainingError: if the loss stops being finite.
            RunDirectoryError: if `directory` holds a damaged file.
        """

    def weights(self, directory: Path) -> Mapping[str, Tensor]:
        """Read back the state dict of a network that was trained to its end.

        Raises:
            RunDirectoryError: if the file is damaged.
        """


@dataclass(frozen=True)
class SharedNetwork:
    """What is pre-trained for all selected models of one architecture."""

    configuration: Configuration
    baseline: Baseline
    directory: Path


def shared_networks(
    run: RunDirectory,
    pretraining: Pretraining,
    baselines: Mapping[str, Baseline],
    chosen: Sequence[Candidate],
    *,
    seed: int,
) -> dict[str, SharedNetwork]:
    """Say what to pre-train for each architecture, and where; equal networks share a folder, whatever chose them."""
    shared = {}
    for name in dict.fromkeys(one.configuration.architecture for one in chosen):
        configurations = [one.configuration for one in chosen if one.configuration.architecture == name]
        largest = shared_configuration(configurations, baselines[name], pretraining.input_shape)
        folder = f"{name}-{pretraining.identity(largest, seed)}"
        shared[name] = SharedNetwork(largest, baselines[name], run.pretrained(folder))
    return shared


def shared_configuration(
    configurations: Sequence[Configuration], baseline: Baseline, input_shape: InputShape
) -> Configuration:
    """Return the unpruned configuration that serves all: the widest one's strides and kernels, groups as deep as any.

    Where the widest one's maps are too small for more superblocks, a group stays as deep as they allow.
    """
    shared = max(configurations, key=lambda one: one.width).unpruned()
    for number in range(GROUPS):
        depths = {one.groups[number].depth for one in configurations}
        shared = _deepened(shared, number, depths, baseline, input_shape)
    return shared


def started(pretraining: Pretraining, shared: SharedNetwork) -> PretrainedBaseline:
    """Return the baseline whose networks begin with a network that was trained to its end."""
    return PretrainedBaseline(shared.baseline, shared.configuration.width, pretraining.weights(shared.directory))


def note_start(
    directory: Path, shared: SharedNetwork, baseline: PretrainedBaseline, candidate: Candidate, evaluator: Evaluator
) -> None:
    """Record in a model's folder what it begins with, once."""
    if (directory / START_FILE).exists():
        return
    form = (candidate.configuration.unpruned(), evaluator.input_shape, evaluator.num_classes)
    with torch.device("meta"):
        tensors = shared.baseline(*form).state_dict()
    taken = baseline.taken(*form)
    content = {"pretrained": shared.directory.name, "tensors_taken": len(taken), "tensors": len(tensors)}
    write_json(directory / START_FILE, content)


def _deepened(
    configuration: Configuration, number: int, depths: Iterable[int], baseline: Baseline, input_shape: InputShape
) -> Configuration:
    """Return the configuration with one group as deep as the network can be built, of these depths and its own."""
    own = configuration.groups[number]
    for depth in sorted((depth for depth in depths if depth > own.depth), reverse=True):
        groups = list(configuration.groups)
        groups[number] = replace(own, depth=depth)
        deeper = replace(configuration, groups=tuple(groups))
        if _buildable(deeper, baseline, input_shape):
            return deeper
    return configuration


def _buildable(configuration: Configuration, baseline: Baseline, input_shape: InputShape) -> bool:
    try:
        with torch.device("meta"):
            baseline(configuration, input_shape, 2)
    except InvalidConfiguration:
        return False
    return True
