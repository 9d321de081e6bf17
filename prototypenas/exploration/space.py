"""Table 1 of the paper as data: what is searched, and each value's name in the samplers and the study."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from prototypenas.errors import ConfigurationError
from prototypenas.types import GROUPS, Configuration, GroupConfiguration

Value = str | int | float
Values = dict[str, Value]
"""One point of the space: parameter names to values."""


@dataclass(frozen=True)
class Categorical:
    """A parameter with a few values and no order between them."""

    name: str
    choices: tuple[str, ...] | tuple[int, ...]


@dataclass(frozen=True)
class Continuous:
    """A parameter anywhere in `[low, high]`."""

    name: str
    low: float
    high: float


Parameter = Categorical | Continuous


@dataclass(frozen=True)
class SearchSpace:
    """The searched values (paper, Table 1): 14 parameters, five of them continuous.

    Kernel and stride are one categorical per group. Architectures may differ in their kernels but not in how many they
    offer: where they differ, the sampler chooses a kernel by its place (short, middle, long), so that every sampler
    sees one and the same space.

    Raises:
        ConfigurationError: if there is no architecture, or kernels that do not go together.
    """

    architectures: tuple[str, ...]
    kernels: Mapping[str, tuple[int, ...]]
    """Kernel sizes of each architecture, shortest first."""
    depths: tuple[int, ...] = (1, 2, 3, 4, 5)
    strides: tuple[int, ...] = (1, 2)
    width: tuple[float, float] = (0.1, 1.5)
    sparsity: tuple[float, float] = (0.0, 0.9)

    def __post_init__(self) -> None:
        if not self.architectures:
            raise ConfigurationError("no architecture given; a search space has at least one")
        missing = [name for name in self.architectures if not self.kernels.get(name)]
        if missing:
            raise ConfigurationError(f"no kernels given for {', '.join(missing)}")
        counts = {len(self.kernels[name]) for name in self.architectures}
        if len(counts) > 1:
            raise ConfigurationError(f"architectures offer {sorted(counts)} kernels; they must all offer equally many")
        for name, (low, high) in (("width", self.width), ("sparsity", self.sparsity)):
            if not low < high:
                raise ConfigurationError(f"{name} runs from {low} to {high}; the first must be below the second")

    def identity(self) -> dict[str, Any]:
        """Return plain JSON values that say whether two spaces hold the same configurations, in the same order."""
        return {
            "kernels": {name: list(self.kernels[name]) for name in self.architectures},
            "depths": list(self.depths),
            "strides": list(self.strides),
            "width": list(self.width),
            "sparsity": list(self.sparsity),
        }

    def parameters(self) -> tuple[Parameter, ...]:
        """Give all parameters in their fixed order."""
        listed: list[Parameter] = [Categorical("architecture", self.architectures), Continuous("width", *self.width)]
        for group in range(1, GROUPS + 1):
            listed.append(Categorical(f"group{group}_depth", self.depths))
            listed.append(Categorical(f"group{group}_kernel_stride", self._kernel_stride_labels()))
            listed.append(Continuous(f"group{group}_sparsity", *self.sparsity))
        return tuple(listed)

    def configuration(self, values: Mapping[str, Value]) -> Configuration:
        """Give the configuration of a point; the inverse of `values`."""
        architecture = str(values["architecture"])
        labels = self._kernel_stride_labels()
        pairs = list(product(self.kernels[architecture], self.strides))
        groups = []
        for group in range(1, GROUPS + 1):
            kernel, stride = pairs[labels.index(str(values[f"group{group}_kernel_stride"]))]
            groups.append(
                GroupConfiguration(
                    depth=int(values[f"group{group}_depth"]),
                    kernel=kernel,
                    stride=stride,
                    sparsity=float(values[f"group{group}_sparsity"]),
                )
            )
        return Configuration(architecture, float(values["width"]), tuple(groups))

    def values(self, configuration: Configuration) -> Values:
        """Give the point of a configuration; the inverse of `configuration`.

        Raises:
            ConfigurationError: if the configuration lies outside the space.
        """
        if configuration.architecture not in self.architectures:
            raise ConfigurationError(
                f"{configuration.architecture} is not searched; it is one of {', '.join(self.architectures)}"
            )
        pairs = list(product(self.kernels[configuration.architecture], self.strides))
        labels = self._kernel_stride_labels()
        values: Values = {"architecture": configuration.architecture, "width": configuration.width}
        for number, group in enumerate(configuration.groups, start=1):
            if (group.kernel, group.stride) not in pairs or group.depth not in self.depths:
                raise ConfigurationError(f"group {number} of {configuration} lies outside the search space")
            values[f"group{number}_depth"] = group.depth
            values[f"group{number}_kernel_stride"] = labels[pairs.index((group.kernel, group.stride))]
            values[f"group{number}_sparsity"] = group.sparsity
        return values

    def _kernel_stride_labels(self) -> tuple[str, ...]:
        tuples = {self.kernels[name] for name in self.architectures}
        kernels = next(iter(tuples))
        names = [str(kernel) for kernel in kernels]
        if len(tuples) > 1:
            names = ["short", "middle", "long"] if len(kernels) == 3 else [f"#{n}" for n in range(1, len(kernels) + 1)]
        return tuple(f"kernel {name}, stride {stride}" for name, stride in product(names, self.strides))
