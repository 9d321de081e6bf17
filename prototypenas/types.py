"""Plain data shared by all rooms: what is searched, what it costs, how it scored, how it was judged."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING

from prototypenas.errors import ConfigurationError
from prototypenas.objectives import ALWAYS_LIMITED, COSTS, Limit

if TYPE_CHECKING:
    from torch import Tensor

    from prototypenas.costing.measured_cycles import MeasuredCycles

GROUPS = 4
"""Groups of superblocks in every prototype (paper, section 3.1)."""

MOST_SUPERBLOCKS = 100
"""Of one group: twenty times what is searched; more is a typing error and would be built for minutes."""

LARGEST_KERNEL = 999
"""Edge of a convolution's kernel, or its length over time."""

InputShape = tuple[int, ...]
"""One sample without its batch dimension: `(C, H, W)` for images, `(C, T)` for time series."""


@dataclass(frozen=True)
class GroupConfiguration:
    """The searched values of one group of superblocks (paper, Table 1)."""

    depth: int = 1
    """Superblocks in the group, 1 to 5 in the search."""
    kernel: int = 3
    """Size of the first spatial convolution of every superblock, odd."""
    stride: int = 1
    """Stride of the first superblock; the others have stride 1."""
    sparsity: float = 0.0
    """Share of channels that pruning removes, in `[0, 1)`."""

    def __post_init__(self) -> None:
        if not 1 <= self.depth <= MOST_SUPERBLOCKS:
            raise ConfigurationError(f"depth is {self.depth}; a group has 1 to {MOST_SUPERBLOCKS} superblocks")
        if not 1 <= self.kernel <= LARGEST_KERNEL or self.kernel % 2 == 0:
            raise ConfigurationError(f"kernel is {self.kernel}; it must be odd, from 1 to {LARGEST_KERNEL}")
        if self.stride not in (1, 2):
            raise ConfigurationError(f"stride is {self.stride}; it must be 1 or 2")
        if not 0.0 <= self.sparsity < 1.0:
            raise ConfigurationError(f"sparsity is {self.sparsity}; it must be at least 0 and below 1")


@dataclass(frozen=True)
class Configuration:
    """One point of the search space: a baseline architecture and how it is shaped (paper, Table 1)."""

    architecture: str
    width: float
    groups: tuple[GroupConfiguration, ...]

    def __post_init__(self) -> None:
        if not 0.0 < self.width <= 8.0:
            raise ConfigurationError(f"width is {self.width}; it must be above 0 and at most 8")
        if len(self.groups) != GROUPS:
            raise ConfigurationError(f"{len(self.groups)} groups given; a configuration has exactly {GROUPS}")

    def unpruned(self) -> "Configuration":
        """Return the same network before pruning: all sparsities zero."""
        return replace(self, groups=tuple(replace(group, sparsity=0.0) for group in self.groups))


@dataclass(frozen=True)
class Footprint:
    """RAM and ROM of a deployed model as the sum of named parts, in bytes."""

    activations_bytes: int
    """Arena of the memory plan: tensors, input and output included."""
    scratch_bytes: int
    stack_bytes: int
    weights_bytes: int
    biases_bytes: int
    requantization_bytes: int
    descriptors_bytes: int
    code_bytes: int
    detection_ram_bytes: int = 0
    """Candidates of a detector's boxes."""
    detection_rom_bytes: int = 0
    """Tables and code that make boxes of a detector's outputs."""

    @property
    def ram_bytes(self) -> int:
        """Activations, scratch, stack, and a detector's candidates."""
        return self.activations_bytes + self.scratch_bytes + self.stack_bytes + self.detection_ram_bytes

    @property
    def rom_bytes(self) -> int:
        """Constant data and kernel code."""
        constants = (self.weights_bytes, self.biases_bytes, self.requantization_bytes, self.descriptors_bytes)
        return sum(constants) + self.code_bytes + self.detection_rom_bytes


@dataclass(frozen=True)
class Cost:
    """What a network costs before it is trained; known from shapes alone."""

    macs: int
    """Multiply-accumulates of convolutions and linear layers, one inference."""
    parameters: int
    """Weights and biases of the deployed network (normalisation folded)."""
    footprint: Footprint
    latency_ms: float | None = None
    """Of one inference, an estimate; `None` for a core that no published timing calibrates."""
    energy_mj: float | None = None
    """Of one inference, an estimate; `None` too where the target's power is unknown."""
    own: Mapping[str, float] = field(default_factory=dict)
    """Costs that plug-ins define, by name."""

    @property
    def flops(self) -> int:
        """One multiply or one add each: twice the MACs, as PyTorch's profiler counts."""
        return 2 * self.macs


@dataclass(frozen=True)
class Budget:
    """Limits of a target; `None` means unlimited."""

    ram_bytes: int | None = None
    rom_bytes: int | None = None
    flops: int | None = None
    more: tuple[Limit, ...] = ()
    """Limits of other costs: latency, energy, MACs, parameters, a plug-in's own."""

    def __post_init__(self) -> None:
        self.limits()

    def limits(self) -> tuple[Limit, ...]:
        """Return every limit that is set.

        Raises:
            ConfigurationError: for one that is not positive.
        """
        fixed = {"ram": self.ram_bytes, "rom": self.rom_bytes, "flops": self.flops}
        return (*(Limit(COSTS[name], value) for name, value in fixed.items() if value is not None), *self.more)

    def violations(self, cost: Cost) -> dict[str, float]:
        """Return by which share of itself each limit is broken, by name; at most 0 is feasible.

        RAM, ROM and FLOPs are always named; where unlimited they are -1.
        """
        broken = {limit.objective.name: limit.excess(cost) for limit in self.limits()}
        return {**dict.fromkeys(ALWAYS_LIMITED, -1.0), **broken}

    def rejection(self, cost: Cost) -> "Rejection | None":
        """Name the limits that a cost breaks; `None` if it fits."""
        said = {limit.objective.name: limit.broken_by(cost) for limit in self.limits()}
        broken = {name: detail for name, detail in said.items() if detail}
        return Rejection("+".join(broken), "; ".join(broken.values())) if broken else None


class Execution(Enum):
    """How the C runs a network; the results are the same."""

    AUTO = "auto"
    """Row by row where that takes less RAM, else layer by layer; the input lies whole in RAM."""
    LAYERS = "layers"
    """One layer after the other, over whole maps."""
    ROWS = "rows"
    """As `AUTO`, and the application hands in the input row by row: it never lies whole in RAM."""


@dataclass(frozen=True)
class Target:
    """A microcontroller as data: what fits, how it is compiled for, what it draws."""

    name: str
    description: str
    core: str
    """`cortex-m7` and the like; names the compiler flags and the emulated board."""
    clock_hz: int
    ram_bytes: int | None
    rom_bytes: int | None
    budget: Budget
    active_power_mw: float | None = None
    sources: tuple[str, ...] = ()
    execution: Execution = Execution.AUTO
    measured_cycles: "MeasuredCycles | None" = None
    """Of a board of the user's own, in place of the estimate."""


@dataclass(frozen=True)
class Batch:
    """Inputs `(N, C, H, W)` or `(N, C, T)` and their targets: classes `(N,)`, or boxes `(N, M, 5)` of a detector."""

    inputs: "Tensor"
    targets: "Tensor"
    """A box is its class, -1 standing for no box, and its corners in input pixels."""


Loss = Callable[["Tensor", "Tensor"], "Tensor"]
"""Mean loss of model outputs against targets: a scalar tensor."""


def cross_entropy(outputs: "Tensor", targets: "Tensor") -> "Tensor":
    """Return the mean cross-entropy of logits `(N, num_classes)` against class numbers `(N,)`."""
    from torch.nn import functional  # noqa: PLC0415  (types are read by commands that need no PyTorch)

    return functional.cross_entropy(outputs, targets)


@dataclass(frozen=True)
class Probe:
    """The data the proxies look at: one lone sample and at least two batches of equal size."""

    sample: "Tensor"
    """`(1, C, H, W)` or `(1, C, T)`."""
    batches: tuple[Batch, ...]
    loss: Loss = field(default=cross_entropy)

    def __post_init__(self) -> None:
        if len(self.batches) < 2:
            raise ConfigurationError(f"a probe has {len(self.batches)} batches; it needs at least 2")

    def to(self, device: str) -> "Probe":
        """Return the same probe on another device."""
        moved = tuple(Batch(batch.inputs.to(device), batch.targets.to(device)) for batch in self.batches)
        return replace(self, sample=self.sample.to(device), batches=moved)


@dataclass(frozen=True)
class Preparation:
    """What training did to a stored sample before the network saw it, and what the outputs are called."""

    mean: tuple[float, ...]
    """Of each channel, in the units of the stored samples (0..255 for pictures)."""
    deviation: tuple[float, ...]
    """`(sample - mean) / deviation` is the network's input."""
    pixels: bool
    """Whether stored samples are pixels of 0 to 255."""
    stored_shape: tuple[int, ...]
    """Shape of a stored sample; pictures of another size than the input are enlarged bilinearly."""
    classes: tuple[str, ...] = ()
    """Names of the outputs, in their order."""


@dataclass(frozen=True)
class Rejection:
    """Why a candidate has no scores."""

    kind: str
    """`invalid`, `proxy`, `worker`, or the cost whose limit is broken; several joined by `+`."""
    detail: str


@dataclass(frozen=True)
class Candidate:
    """One configuration that a search asks for. It ends as `Invalid`, `Rejected` or `Scored`."""

    number: int
    configuration: Configuration

    def invalid(self, rejection: Rejection) -> "Invalid":
        """Return it as one without a network."""
        return Invalid(self.number, self.configuration, rejection)

    def built(self, cost: Cost, digest: str) -> "Built":
        """Return it as one with a network."""
        return Built(self.number, self.configuration, cost, digest)


@dataclass(frozen=True)
class Invalid(Candidate):
    """A candidate without a network: none can be built, or the worker was lost that built it."""

    rejection: Rejection


@dataclass(frozen=True)
class Built(Candidate):
    """A candidate with a network, which is either waiting for its scores, or `Rejected`, or `Scored`."""

    cost: Cost
    digest: str
    """Equal for equal networks."""

    def rejected(self, rejection: Rejection) -> "Rejected":
        """Return it as one that breaks a limit or cannot be scored."""
        return Rejected(self.number, self.configuration, self.cost, self.digest, rejection)

    def scored(self, scores: Mapping[str, float]) -> "Scored":
        """Return it as one that fits and has these scores."""
        return Scored(self.number, self.configuration, self.cost, self.digest, scores)


@dataclass(frozen=True)
class Rejected(Built):
    """A network that breaks a limit, or that a proxy could not score."""

    rejection: Rejection


@dataclass(frozen=True)
class Scored(Built):
    """A network that fits and has a score of each proxy: what a selection chooses from."""

    scores: Mapping[str, float]
    """By name of the proxy, higher is better."""


Explored = Invalid | Rejected | Scored
"""A finished candidate."""


def metric_name(metric: str) -> str:
    """Return a metric's name as it is printed: `accuracy`, `mAP50`."""
    return "mAP50" if metric == "map50" else metric


@dataclass(frozen=True)
class Evaluation:
    """How one trained model did on test data, as shares in `[0, 1]`."""

    metric: str
    """`accuracy`, or `map50` for detection."""
    float_score: float
    """The trained and pruned network in floating point."""
    fake_quantized_score: float
    """The same network with quantization simulated in PyTorch."""
    int8_score: float
    """The integer simulator."""
    test_samples: int
    seconds: float
    """Wall time of training, pruning, quantization and test."""
    details: Mapping[str, float] = field(default_factory=dict)
    """Further scores of the integer simulator by name, as the report prints them."""

    @property
    def standard_error(self) -> float:
        """Of `int8_score` over n test samples: `sqrt(p * (1 - p) / n)`; 0 for what is no share of samples."""
        if self.metric != "accuracy" or self.test_samples < 1:
            return 0.0
        return math.sqrt(self.int8_score * (1.0 - self.int8_score) / self.test_samples)
