"""Runs a module's own `forward` on stand-ins that record operators instead of computing.

Any PyTorch code works as long as every function it calls on the data has a handler: prototypes, published
networks and exported programs take the same way. No weight is read but to be recorded, so networks on the meta
device cost nothing.

The idea is PyTorch's own override protocol (`__torch_function__`, https://pytorch.org/docs/stable/notes/extending.html):
a call with a stand-in among its arguments comes here in place of the computation. Three invariants make the recording
right. Operators stand in the order they were called, so that each reads tensors recorded before it. Each writes a
tensor of a new name: a function in place puts that name into the `Storage` that the value shares with its views, so
that all of them see the change, as in PyTorch. What cannot be recorded raises; nothing is left out silently.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import torch
from torch import Tensor, nn

from prototypenas.errors import ConfigurationError, LoweringError
from prototypenas.graph.module_places import Place, in_evaluation, places_in, watched_calls
from prototypenas.graph.operator import Step
from prototypenas.graph.recording import ForwardPass
from prototypenas.graph.tensors import TensorSpec
from prototypenas.types import InputShape

Handler = Callable[..., Any]
"""Records one PyTorch function: takes the recorder, then the function's own arguments."""

NO_PADDING = (0, 0, 0, 0)
KEEPS_ZEROS = frozenset(
    {"relu", "relu6", "leaky_relu", "mul", "avg_pool1d", "avg_pool2d", "max_pool1d", "max_pool2d", "neg"}
)
"""Functions that give zeros where their input is all zeros."""
AFTER_DROPPED = frozenset({"detach", "clone", "contiguous", "alias", "float", "to"})


@dataclass
class Storage:
    """The tensor that a value and its views name; in-place functions write a new name here."""

    tensor: str
    zero: bool = False
    """Whether all values are 0, so that adding them can be left out."""


class Recorder:
    """Collects operators and knows which module is running."""

    def __init__(self, module: nn.Module, input_shape: InputShape, functions: Mapping[str, Handler]) -> None:
        self.recording = ForwardPass(input_shape)
        self.functions = functions
        self.module = module
        self.stack = [Place("", type(module).__name__, leaf=False)]
        self.padded = False
        """Whether a value waits for a convolution to take its padding over."""
        self._places = places_in(module)
        self._weight_paths: dict[int, str] | None = None
        self._names: dict[str, int] = {}

    def enter(self, module: nn.Module) -> None:
        """Note that `module` starts."""
        kind = type(module).__name__
        self.stack.append(self._places.get(id(module)) or Place(kind, kind, leaf=True))

    def leave(self) -> None:
        """Note that the running module is done."""
        self.stack.pop()

    def fail(self, reason: str) -> NoReturn:
        """Refuse what the running module does.

        Raises:
            LoweringError: always.
        """
        path, kind, _ = self.stack[-1]
        raise LoweringError(f"module {path} ({kind}): {reason}" if path else f"{kind}: {reason}")

    def new_name(self, kind: str, weight: Tensor | None = None) -> str:
        """Name an operator by the module it came from; `kind` tells apart what one module does."""
        path, _, leaf = self.stack[-1]
        if not leaf and weight is not None:
            path = self._path_of_weight(weight) or f"{path}.{kind}"
        elif not leaf:
            path = f"{path}.{kind}"
        path = path.removeprefix(".") or kind
        count = self._names[path] = self._names.get(path, 0) + 1
        return path if count == 1 else f"{path}_{count}"

    def spec(self, value: "Traced") -> TensorSpec:
        """Return the height, width and channels of a value's tensor."""
        return self.recording.tensors[value.tensor]

    def append(self, operator: Step, extent: tuple[int, int, int], shape: Sequence[int]) -> "Traced":
        """Record an operator whose output has `extent` (height, width, channels) and PyTorch's `shape`."""
        self.recording.operators.append(operator)
        return self.value(operator.output, extent, shape)

    def value(self, tensor: str, extent: tuple[int, int, int], shape: Sequence[int]) -> "Traced":
        """Return the stand-in of a new tensor."""
        if min(extent) < 1:
            self.fail(f"the output would be {extent[0]}x{extent[1]} pixels of {extent[2]} channels")
        self.recording.tensors[tensor] = TensorSpec(tensor, *extent)
        return Traced(self, Storage(tensor), tuple(shape))

    def _path_of_weight(self, weight: Tensor) -> str:
        if self._weight_paths is None:
            named = self.module.named_parameters(remove_duplicate=False)
            self._weight_paths = {id(parameter): path.rpartition(".")[0] for path, parameter in named}
        return self._weight_paths.get(id(weight), "")


class Traced:
    """Stands in for a tensor `(1, C, H, W)`, `(1, C, T)` or `(1, F)` and records what is done with it."""

    device = torch.device("cpu")
    dtype = torch.float32
    is_cuda = False
    requires_grad = False

    def __init__(
        self,
        recorder: Recorder,
        storage: Storage,
        shape: tuple[int, ...],
        padding: tuple[int, int, int, int] = NO_PADDING,
    ) -> None:
        self.recorder = recorder
        self.storage = storage
        self.shape = torch.Size(shape)
        self.dropped = ""
        """What was left out behind it, so that it may only be an output."""
        self.channel_groups: int | None = None
        """Groups that its channels were viewed as, by the second dimension; None if they were not."""
        self.padding = padding
        """Zeros around the map that the next convolution takes over: (top, left, bottom, right)."""

    @property
    def tensor(self) -> str:
        """Name of the tensor this value is now."""
        return self.storage.tensor

    @property
    def ndim(self) -> int:
        """Number of dimensions, the batch included."""
        return len(self.shape)

    def dim(self) -> int:
        """Return the number of dimensions, the batch included."""
        return len(self.shape)

    def size(self, dim: int | None = None) -> torch.Size | int:
        """Return the shape, or one of its numbers."""
        return self.shape if dim is None else self.shape[dim]

    def numel(self) -> int:
        """Return the number of elements."""
        return self.shape.numel()

    def viewed(self, shape: Sequence[int]) -> "Traced":
        """Return the same tensor under another PyTorch shape."""
        return Traced(self.recorder, self.storage, tuple(shape))

    @classmethod
    def __torch_function__(
        cls, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        return _record(_function_name(func), args, dict(kwargs or {}))

    def __getattr__(self, name: str) -> Handler:
        if name.startswith("_") or not hasattr(Tensor, name):
            raise AttributeError(name)
        return lambda *args, **kwargs: _record(name, (self, *args), kwargs)

    def __add__(self, other: object) -> Any:
        return _record("add", (self, other), {})

    __radd__ = __add__

    def __iadd__(self, other: object) -> Any:
        return _record("add_", (self, other), {})

    def __mul__(self, other: object) -> Any:
        return _record("mul", (self, other), {})

    __rmul__ = __mul__

    def __sub__(self, other: object) -> Any:
        return _record("sub", (self, other), {})

    def __rsub__(self, other: object) -> Any:
        return _record("rsub", (self, other), {})

    def __truediv__(self, other: object) -> Any:
        return _record("div", (self, other), {})

    def __matmul__(self, other: object) -> Any:
        return _record("matmul", (self, other), {})

    def __neg__(self) -> Any:
        return _record("neg", (self,), {})

    def __getitem__(self, index: object) -> Any:
        return _record("getitem", (self, index), {})

    def __iter__(self) -> Iterator[Any]:
        self.recorder.fail("iteration over a tensor has no operator in the graph")

    def __bool__(self) -> bool:  # noqa: PLE0304 - it never returns
        self.recorder.fail("control flow on a tensor's values cannot be lowered")


def trace(module: nn.Module, input_shape: InputShape, functions: Mapping[str, Handler]) -> ForwardPass:
    """Run `module.forward` in evaluation on one stand-in sample; the module is left as it was.

    Raises:
        ConfigurationError: where `input_shape` is neither `(C, H, W)` nor `(C, T)`.
        LoweringError: where a function has no operator.
    """
    if len(input_shape) not in (1, 2, 3) or min(input_shape) < 1:
        raise ConfigurationError(f"input shape is {input_shape}; it must be (C, H, W), (C, T) or (N,), all positive")
    recorder = Recorder(module, input_shape, functions)
    height = input_shape[1] if len(input_shape) == 3 else 1
    name = recorder.new_name("input")
    width = input_shape[-1] if len(input_shape) > 1 else 1
    sample = recorder.value(name, (height, width, input_shape[0]), (1, *input_shape))
    with in_evaluation(module), watched_calls(recorder.enter, recorder.leave):
        result = module.forward(sample)
    recorder.recording.input = name
    recorder.recording.outputs = tuple(_output_tensor(recorder, value) for value in _flattened(result))
    return recorder.recording


def _record(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    values = _traced(args) or _traced(tuple(kwargs.values()))
    recorder = values[0].recorder
    in_place = bool(kwargs.pop("inplace", False)) or name.endswith("_")
    name = name.removesuffix("_")
    handler = recorder.functions.get(name)
    if handler is None:
        recorder.fail(f"function {name} has no operator in the graph")
    if recorder.padded and not name.startswith("conv") and any(value.padding != NO_PADDING for value in values):
        recorder.fail(f"zero padding can go into a convolution, not into {name}")
    for value in values:
        if value.dropped and name not in AFTER_DROPPED:
            recorder.fail(f"{name} reads the result of a {value.dropped}; only one at the very end can be left out")
    result = handler(recorder, *args, **kwargs)
    if name in KEEPS_ZEROS and any(value.storage.zero for value in values):
        result.storage.zero = True
    if in_place:
        values[0].storage.tensor, values[0].storage.zero = result.tensor, result.storage.zero
        return values[0]
    return result


def _traced(values: Sequence[Any]) -> list[Traced]:
    found = []
    for value in values:
        if isinstance(value, Traced):
            found.append(value)
        elif isinstance(value, list | tuple):
            found += _traced(value)
    return found


def _function_name(func: Callable[..., Any]) -> str:
    if func is nn.functional.batch_norm:
        return "functional_batch_norm"  # its arguments are in another order than those of torch.batch_norm
    if isinstance(func, torch._ops.OpOverload):
        return str(func._schema.name).partition("::")[2]
    return getattr(func, "__name__", repr(func))


def _flattened(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for item in value:
            yield from _flattened(item)
    elif isinstance(value, dict):
        yield from _flattened(tuple(value.values()))
    else:
        yield value


def _output_tensor(recorder: Recorder, value: object) -> str:
    if not isinstance(value, Traced) or value.padding != NO_PADDING:
        recorder.fail(f"forward returns {type(value).__name__}; it must return tensors made from its input")
    spec = recorder.spec(value)
    if value.ndim == 2 and spec.channels > 1 and spec.height * spec.width > 1:
        recorder.fail("a flattened map as output would have another order of elements than in PyTorch")
    return value.tensor
