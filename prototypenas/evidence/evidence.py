"""The passes all proxies of one network share, each run at most once and only if asked for."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd
from torch.nn.modules.dropout import _DropoutNd

from prototypenas.errors import ProxyError
from prototypenas.evidence.network_state import NetworkState
from prototypenas.types import Batch, Probe


class Watcher(Protocol):
    """Looks on while a shared pass runs, and keeps what its proxy needs of it."""

    def wants(self, module: nn.Module) -> bool:
        """Tell whether to be shown this module's calls."""

    def see(self, module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        """Read one call; the tensors may be overwritten later in the pass, so keep results, not tensors."""


W = TypeVar("W", bound=Watcher)

_SEED = 0
"""Of PyTorch's generators at the start of each pass, should a network draw random numbers in train mode."""


@dataclass(frozen=True)
class Watch(Generic[W]):
    """Which shared pass a watcher looks at, and how a fresh watcher is made."""

    start: Callable[[], W]
    batch: int | None = None
    """Index of the batch whose forward pass is watched; `None` for the pass of the lone sample."""


@dataclass(frozen=True)
class WatchingProxy(Generic[W]):
    """A proxy that says beforehand what it watches, so that its reading costs no pass of its own."""

    watch: Watch[W]
    score: Callable[[W], float]
    description: str
    """What the score is, in a sentence."""

    def __call__(self, evidence: "Evidence") -> float:
        """Return the score of what was seen."""
        return self.score(evidence.watched(self.watch))


@dataclass
class _Copies:
    """What one proxy has been handed; the next gets copies of its own, so that none can disturb another."""

    probe: Probe | None = None
    weights: Mapping[str, Tensor] | None = None
    gradients: dict[int, Mapping[str, Tensor]] = field(default_factory=dict)


class Evidence:
    """One network and one probe, and what their shared passes gave.

    The shared passes run in train mode with dropout off, as in the reference implementations: batch
    normalisation uses the statistics of its batch. They leave weights, buffers, gradient flags, train flags and
    random states as they were. A batch normalisation that sees one value per channel (the lone sample on a 1x1
    map) has no variance to divide by; it uses its running statistics there, the identity in a new network.

    Image batches lie channels-last in memory, which makes convolutions on a CPU up to 1.7 times faster: a network
    that merges dimensions needs `reshape` or `flatten`, not `view`.
    """

    def __init__(self, model: nn.Module, probe: Probe, watches: Iterable[Watch[Any]] = ()) -> None:
        self._probe = probe
        self._model = model
        self._announced = tuple(dict.fromkeys(watches))
        self._watchers: dict[Watch[Any], Watcher] = {}
        self._gradients: dict[int, Mapping[str, Tensor]] = {}
        self._state: NetworkState | None = None
        self._copies = _Copies()

    @property
    def probe(self) -> Probe:
        """The data, as a copy that a proxy may overwrite."""
        if self._copies.probe is None:
            self._copies.probe = _copied(self._probe)
        return self._copies.probe

    @property
    def model(self) -> nn.Module:
        """The network itself, for proxies with passes of their own.

        What they change in it is put back by `restore`, which `score_prototype` calls after each proxy.
        """
        if self._state is None:
            self._state = NetworkState(self._model)
        return self._model

    @property
    def weights(self) -> Mapping[str, Tensor]:
        """Copies of the weights of all convolution and linear layers by path; no biases, no normalisation."""
        if self._copies.weights is None:
            self._copies.weights = {name: weight.detach().clone() for name, weight in self._weights.items()}
        return self._copies.weights

    @cached_property
    def _weights(self) -> Mapping[str, Tensor]:
        layers = {path: m for path, m in self._model.named_modules() if isinstance(m, _ConvNd | nn.Linear)}
        return {f"{path}.weight" if path else "weight": layer.weight for path, layer in layers.items()}

    def gradients(self, batch: int) -> Mapping[str, Tensor]:
        """Return the gradient of the mean loss of one batch for each of `weights` that the loss depends on.

        The tensors are copies that a proxy may overwrite; they differ in memory layout from network to network.

        Raises:
            ProxyError: if the probe has no such batch, or the loss depends on no weight.
        """
        if batch not in self._gradients:
            self._gradients[batch] = self._differentiate(batch)
        if batch not in self._copies.gradients:
            copies = {name: gradient.clone() for name, gradient in self._gradients[batch].items()}
            self._copies.gradients[batch] = copies
        return self._copies.gradients[batch]

    def watched(self, watch: Watch[W]) -> W:
        """Return the watcher after its pass; the pass runs now if it has not yet."""
        if watch not in self._watchers:
            with torch.no_grad() if watch.batch is None else torch.enable_grad(), self._pass(watch.batch, watch):
                self._model(self._inputs(watch.batch))
        return self._watchers[watch]  # type: ignore[return-value]

    def restore(self) -> None:
        """Put the network back as it was when first handed out, and forget the copies that were handed out."""
        self._copies = _Copies()
        if self._state is not None:
            self._state.restore()

    def _differentiate(self, batch: int) -> Mapping[str, Tensor]:
        with torch.enable_grad(), self._pass(batch):
            loss = self._probe.loss(self._model(self._inputs(batch)), self._probe.batches[batch].targets)
            if not loss.requires_grad:
                raise ProxyError("the loss depends on no convolution or linear weight")
            found = torch.autograd.grad(loss, list(self._weights.values()), allow_unused=True)
        return {name: gradient for name, gradient in zip(self._weights, found, strict=True) if gradient is not None}

    def _inputs(self, batch: int | None) -> Tensor:
        """Copy the inputs: a network may begin with an in-place activation."""
        if batch is None:
            return self._probe.sample.clone()
        if not 0 <= batch < len(self._probe.batches):
            raise ProxyError(f"batch {batch} was asked for; the probe has {len(self._probe.batches)}")
        inputs = self._probe.batches[batch].inputs
        if inputs.ndim == 4:
            return inputs.clone(memory_format=torch.channels_last)
        return inputs.clone()

    @contextmanager
    def _pass(self, batch: int | None, *extra: Watch[Any]) -> Iterator[None]:
        """Set the network up for a shared pass with all watchers of it that have not looked yet."""
        due = [watch for watch in dict.fromkeys((*self._announced, *extra)) if watch.batch == batch]
        fresh = {watch: watch.start() for watch in due if watch not in self._watchers}
        with _as_scored(self._model, self._weights.values()), _hooks(self._model, fresh.values()):
            yield
        self._watchers.update(fresh)


def _copied(probe: Probe) -> Probe:
    batches = tuple(Batch(batch.inputs.clone(), batch.targets.clone()) for batch in probe.batches)
    return replace(probe, sample=probe.sample.clone(), batches=batches)


@contextmanager
def _as_scored(model: nn.Module, weights: Iterable[Tensor]) -> Iterator[None]:
    """Train mode without dropout, gradients for `weights` alone; all flags, buffers and random states put back."""
    modules = [(module, module.training) for module in model.modules()]
    flags = [(parameter, parameter.requires_grad) for parameter in model.parameters()]
    buffers = [(buffer, buffer.clone()) for buffer in model.buffers()]
    devices = {tensor.device for tensor, _ in flags if tensor.device.type == "cuda"}
    try:
        for module, _ in modules:
            module.training = not isinstance(module, _DropoutNd)
        for parameter, _ in flags:
            parameter.requires_grad_(False)
        for weight in weights:
            weight.requires_grad_(True)
        with torch.random.fork_rng(devices):
            torch.manual_seed(_SEED)
            yield
    finally:
        for module, training in modules:
            module.training = training
        for parameter, requires_grad in flags:
            parameter.requires_grad_(requires_grad)
        with torch.no_grad():
            for buffer, values in buffers:
                buffer.copy_(values)


@contextmanager
def _hooks(model: nn.Module, watchers: Iterable[Watcher]) -> Iterator[None]:
    with ExitStack() as stack:
        for module in model.modules():
            if isinstance(module, _BatchNorm):
                stack.enter_context(module.register_forward_pre_hook(_avoid_lone_values))
            for watcher in watchers:
                if watcher.wants(module):
                    stack.enter_context(module.register_forward_hook(watcher.see))
        yield


def _avoid_lone_values(module: nn.Module, inputs: tuple[Any, ...]) -> None:
    if inputs[0].numel() == inputs[0].shape[1]:
        module.training = False
