"""The sampler of a long exploration, kept on disk, so that continuing need not ask it everything again.

A sampler's proposals follow from its seed and all it was told, so an interrupted exploration can always be continued by
asking and telling it everything once more. That takes a millisecond a candidate, which is nothing for hundreds and
minutes for tens of thousands. So from `KEPT_FROM` candidates on the sampler itself is kept, now and then. The file is a
shortcut and nothing else: where it is missing, damaged, of another exploration or of other library versions, everything
is asked again.

The file is a pickle, which could run any code when it is read. Only the classes named in `TRUSTED` are looked up, so a
file from a stranger does no more than one of ours.
"""

import hashlib
import io
import json
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prototypenas.exploration.optuna_sampler import OptunaSampler
from prototypenas.runs.atomic_files import written_whole

STATE_FILE = "sampler.state"
"""Name of the file in a run directory."""

KEPT_FROM = 2_000
"""Candidates from which on the state is kept; fewer are asked again in two seconds."""

GROWTH = 0.05
"""The state is written anew when the exploration has grown by this share; so much is asked again at most."""

TRUSTED: Mapping[str, tuple[str, ...]] = {
    "builtins": ("set", "frozenset"),
    "collections": ("OrderedDict", "defaultdict"),
    "datetime": ("datetime",),
    "numpy": ("dtype", "ndarray"),
    "numpy._core.multiarray": ("_reconstruct", "scalar"),
    "numpy.random._mt19937": ("MT19937",),
    "numpy.random._pickle": ("__bit_generator_ctor", "__randomstate_ctor"),
    "optuna.distributions": ("CategoricalDistribution", "FloatDistribution"),
    "optuna.pruners._median": ("MedianPruner",),
    "optuna.samplers._lazy_random_state": ("LazyRandomState",),
    "optuna.samplers._random": ("RandomSampler",),
    "optuna.samplers.nsgaii._after_trial_strategy": ("NSGAIIAfterTrialStrategy",),
    "optuna.samplers.nsgaii._child_generation_strategy": ("NSGAIIChildGenerationStrategy",),
    "optuna.samplers.nsgaii._crossovers._uniform": ("UniformCrossover",),
    "optuna.samplers.nsgaii._elite_population_selection_strategy": ("NSGAIIElitePopulationSelectionStrategy",),
    "optuna.samplers.nsgaii._sampler": ("NSGAIISampler",),
    "optuna.search_space.intersection": ("IntersectionSearchSpace",),
    "optuna.storages._in_memory": ("InMemoryStorage", "_StudyInfo"),
    "optuna.study._study_direction": ("StudyDirection",),
    "optuna.study.study": ("Study",),
    "optuna.trial._frozen": ("FrozenTrial",),
    "optuna.trial._state": ("TrialState",),
    "optuna.trial._trial": ("Trial",),
    "prototypenas.exploration.optuna_sampler": ("OptunaSampler", "_Choices", "_Nsga2", "_Nsga3"),
    "prototypenas.exploration.space": ("SearchSpace",),
}
"""All that the state of the default sampler is made of; others are asked again."""


@dataclass(frozen=True)
class SamplerState:
    """A sampler as it was after so many candidates."""

    sampler: OptunaSampler
    told: int
    priced_besides: int
    """Configurations priced until then that are no candidates."""


class SamplerStates:
    """Keeps the newest state in a file, or nothing where there is no file."""

    def __init__(self, path: Path | None, identity: Mapping[str, Any]) -> None:
        self._path = path
        self._identity = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
        self._kept = 0

    def keep(self, sampler: object, *, told: int, priced_besides: int) -> None:
        """Keep the sampler if enough has been told since the last time.

        Raises:
            RunDirectoryError: if it cannot be written.
        """
        if self._path is None or told < KEPT_FROM or told < self._kept * (1 + GROWTH):
            return
        if isinstance(sampler, OptunaSampler):
            state = pickle.dumps((sampler, told, priced_besides))
            with written_whole(self._path) as file:
                file.write(f"{self._identity} {hashlib.sha256(state).hexdigest()}\n".encode() + state)
        self._kept = told

    def latest(self) -> SamplerState | None:
        """Return the state that was kept, or `None` where there is none that can be used."""
        try:
            header, _, state = (self._path.read_bytes() if self._path else b"").partition(b"\n")
            if header.decode() != f"{self._identity} {hashlib.sha256(state).hexdigest()}":
                return None
            sampler, told, priced_besides = _Unpickler(io.BytesIO(state)).load()
        except (OSError, ValueError, pickle.UnpicklingError, AttributeError, ImportError, TypeError):
            return None
        self._kept = told
        return SamplerState(sampler, told, priced_besides)


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if name not in TRUSTED.get(module, ()):
            raise pickle.UnpicklingError(f"{module}.{name} is no part of a sampler")
        return super().find_class(module, name)
