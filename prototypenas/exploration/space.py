"""Table 1 of the paper as data: what is searched, and each value's name in the samplers and the study."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from random import Random
from typing import Any

from prototypenas.choices import choose
from prototypenas.errors import ConfigurationError
from prototypenas.types import GROUPS, Configuration, GroupConfiguration

FIXABLE = ("depth", "kernel", "stride", "sparsity")
"""Values of a group that may be fixed."""

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


def drawn(parameter: Parameter, random: Random) -> Value:
    """Return a value of a parameter, each as likely as any other."""
    if isinstance(parameter, Categorical):
        choices: Sequence[Value] = parameter.choices
        return random.choice(choices)
    return random.uniform(parameter.low, parameter.high)


@dataclass(frozen=True)
class SearchSpace:
    """The searched values (paper, Table 1): 14 parameters, five of them continuous.

    Kernel and stride are one categorical per group. Where architectures differ in their kernels, the sampler chooses a
    kernel by its place (short, middle, long), so that every sampler sees one and the same space. There are as many
    places as the largest number of kernels; an architecture with fewer has each of its own at several neighbouring
    places, so several points stand for one of its configurations.

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
    fixed: Mapping[str, float] = field(default_factory=dict)
    """Values that are not searched: `width`, or one of `FIXABLE` of a group, as `group1_depth`."""

    def __post_init__(self) -> None:
        if not self.architectures:
            raise ConfigurationError("no architecture given; a search space has at least one")
        missing = [name for name in self.architectures if not self.kernels.get(name)]
        if missing:
            raise ConfigurationError(f"no kernels given for {', '.join(missing)}")
        for name, (low, high) in (("width", self.width), ("sparsity", self.sparsity)):
            if not low < high:
                raise ConfigurationError(f"{name} runs from {low} to {high}; the first must be below the second")
        self._check_fixed()

    def draw(self, random: Random) -> Configuration:
        """Return a configuration of values drawn independently and uniformly."""
        return self.configuration(self.drawn_values(random))

    def drawn_values(self, random: Random) -> Values:
        """Return a point of values drawn independently and uniformly."""
        return {parameter.name: drawn(parameter, random) for parameter in self.parameters()}

    def identity(self) -> dict[str, Any]:
        """Return plain JSON values that say whether two spaces hold the same configurations, in the same order."""
        return {
            "kernels": {name: list(self.kernels[name]) for name in self.architectures},
            "depths": list(self.depths),
            "strides": list(self.strides),
            "width": list(self.width),
            "sparsity": list(self.sparsity),
            "fixed": dict(self.fixed),
        }

    @classmethod
    def restored(cls, identity: Mapping[str, Any]) -> "SearchSpace":
        """Return the space that gave this `identity`."""
        kernels = {name: tuple(sizes) for name, sizes in identity["kernels"].items()}
        width, sparsity = ((low, high) for low, high in (identity["width"], identity["sparsity"]))
        depths, strides = tuple(identity["depths"]), tuple(identity["strides"])
        return cls(tuple(kernels), kernels, depths, strides, width, sparsity, identity["fixed"])

    def parameters(self) -> tuple[Parameter, ...]:
        """Return all parameters in their fixed order."""
        listed: list[Parameter] = [Categorical("architecture", self.architectures), Continuous("width", *self.width)]
        for group in range(1, GROUPS + 1):
            listed.append(Categorical(f"group{group}_depth", self._depths(group)))
            listed.append(Categorical(f"group{group}_kernel_stride", self._kernel_stride_labels(group)))
            listed.append(Continuous(f"group{group}_sparsity", *self.sparsity))
        return tuple(one for one in listed if isinstance(one, Categorical) or one.name not in self.fixed)

    def configuration(self, values: Mapping[str, Value]) -> Configuration:
        """Return the configuration of a point."""
        architecture = str(values["architecture"])
        values = {**values, **self.fixed}
        groups = []
        for group in range(1, GROUPS + 1):
            labels, pairs = self._labels[group], self._pairs[architecture, group]
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
        """Return a point of a configuration: `configuration` gives it back.

        Raises:
            ConfigurationError: if the configuration lies outside the space.
        """
        if configuration.architecture not in self.architectures:
            raise ConfigurationError(
                f"{configuration.architecture} is not searched; it is one of {', '.join(self.architectures)}"
            )
        values: Values = {"architecture": configuration.architecture, "width": configuration.width}
        for number, group in enumerate(configuration.groups, start=1):
            labels, pairs = self._labels[number], self._pairs[configuration.architecture, number]
            if (group.kernel, group.stride) not in pairs or group.depth not in self._depths(number):
                raise ConfigurationError(f"group {number} of {configuration} lies outside the search space")
            values[f"group{number}_depth"] = group.depth
            values[f"group{number}_kernel_stride"] = labels[pairs.index((group.kernel, group.stride))]
            values[f"group{number}_sparsity"] = group.sparsity
        wrong = [name for name, value in self.fixed.items() if name in values and values[name] != value]
        if wrong:
            raise ConfigurationError(f"{wrong[0]} of {configuration} is not the fixed {self.fixed[wrong[0]]:g}")
        return {name: value for name, value in values.items() if name in self._searched}

    def _check_fixed(self) -> None:
        known = {"width", *(f"group{g}_{value}" for g in range(1, GROUPS + 1) for value in FIXABLE)}
        shared = len({self.kernels[name] for name in self.architectures}) == 1
        for name in self.fixed:
            choose("value to fix", name, dict.fromkeys(known))
            if name.endswith("_kernel") and not shared:
                raise ConfigurationError(f"{name} cannot be fixed: the architectures offer different kernels")
        for group in range(1, GROUPS + 1):
            offered = {
                f"group{group}_kernel": self.kernels[self.architectures[0]],
                f"group{group}_stride": self.strides,
            }
            for name, choices in offered.items():
                if name in self.fixed and self.fixed[name] not in choices:
                    raise ConfigurationError(f"{name} is fixed to {self.fixed[name]:g}; it is one of {choices}")

    def _depths(self, group: int) -> tuple[int, ...]:
        name = f"group{group}_depth"
        return (int(self.fixed[name]),) if name in self.fixed else self.depths

    @cached_property
    def _searched(self) -> frozenset[str]:
        return frozenset(parameter.name for parameter in self.parameters())

    @cached_property
    def _pairs(self) -> dict[tuple[str, int], list[tuple[int, int]]]:
        groups = range(1, GROUPS + 1)
        return {(name, group): self._pairs_of(name, group) for name in self.architectures for group in groups}

    @cached_property
    def _labels(self) -> dict[int, tuple[str, ...]]:
        return {group: self._kernel_stride_labels(group) for group in range(1, GROUPS + 1)}

    def _pairs_of(self, architecture: str, group: int) -> list[tuple[int, int]]:
        """Return kernel and stride of every label of a group, for one architecture."""
        return [
            (kernel, stride)
            for kernel, stride in product(self._kernel_at_each_place(architecture), self.strides)
            if self.fixed.get(f"group{group}_kernel", kernel) == kernel
            and self.fixed.get(f"group{group}_stride", stride) == stride
        ]

    def _kernel_at_each_place(self, architecture: str) -> tuple[int, ...]:
        offered, places = self.kernels[architecture], max(len(self.kernels[name]) for name in self.architectures)
        return tuple(offered[place * len(offered) // places] for place in range(places))

    def _kernel_stride_labels(self, group: int) -> tuple[str, ...]:
        first = max(self.architectures, key=lambda name: len(self.kernels[name]))
        kernels = self.kernels[first]
        names = [str(kernel) for kernel in kernels]
        if len({self.kernels[name] for name in self.architectures}) > 1:
            names = ["short", "middle", "long"] if len(kernels) == 3 else [f"#{n}" for n in range(1, len(kernels) + 1)]
        named = dict(zip(kernels, names, strict=True))
        return tuple(f"kernel {named[kernel]}, stride {stride}" for kernel, stride in self._pairs_of(first, group))
