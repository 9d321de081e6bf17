"""What a step of ProxylessNAS's search costs: processor milliseconds and memory, by preset.

    python -m benchmarks.oneshot_step

Memory is that of all tensors that a step makes, at its peak: activations, what is kept for the backward pass, and
gradients; weights are left out. A plain step trains one path of the same network with no other candidate in it. One
thread; a busy machine changes the processor time a little, the memory not at all.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.multiprocessing.reductions import StorageWeakRef
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from prototypenas.costing.targets import load_targets
from prototypenas.oneshot.cost_table import cost_table
from prototypenas.oneshot.supernet import Supernet
from search_spaces.proxyless_supernet import SUPERNETS, build_supernet

SHAPE, CLASSES, BATCH = (3, 32, 32), 10, 128
PRESETS = ("tiny", "small", "medium")
REPEATS = 5


class PeakMemory(TorchDispatchMode):
    """Counts the bytes of all tensors made within the block that are still held, and remembers the most."""

    def __init__(self) -> None:
        super().__init__()
        self.peak = 0
        self._held: dict[StorageWeakRef, int] = {}

    def __torch_dispatch__(
        self, func: Callable[..., Any], types: Sequence[type], args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Run an operator and count what it made."""
        before = {StorageWeakRef(one.untyped_storage()) for one in tree_leaves((args, kwargs)) if _counted(one)}
        made = func(*args, **(kwargs or {}))
        for one in tree_leaves(made):
            if _counted(one) and (held := StorageWeakRef(one.untyped_storage())) not in before:
                self._held[held] = one.untyped_storage().nbytes()
        self._held = {held: size for held, size in self._held.items() if not held.expired()}
        self.peak = max(self.peak, sum(self._held.values()))
        return made


def _counted(one: object) -> bool:
    return isinstance(one, Tensor) and one.device.type == "cpu"


def architecture_step(supernet: Supernet, inputs: Tensor, targets: Tensor) -> list[Tensor]:
    """Return the gradients of a step of the architecture parameters."""
    gates = [edge.gates for edge in supernet.edges if edge.gates is not None]
    return list(torch.autograd.grad(functional.cross_entropy(supernet(inputs), targets), gates))


def weight_step(network: nn.Module, inputs: Tensor, targets: Tensor) -> list[Tensor]:
    """Return the gradients of a step of the weights that were run."""
    weights = [weight for name, weight in network.named_parameters() if not name.endswith("alpha")]
    loss = functional.cross_entropy(network(inputs), targets)
    return [one for one in torch.autograd.grad(loss, weights, allow_unused=True) if one is not None]


def plain_network(supernet: Supernet) -> nn.Sequential:
    """Return the network of the active paths alone, with the same weights."""
    return nn.Sequential(supernet.stem, *(edge.candidates[edge.active] for edge in supernet.edges), supernet.head)


def peak_of(step: Callable[[], object]) -> int:
    """Return the most bytes that a step holds at once."""
    memory = PeakMemory()
    with memory:
        step()
    return memory.peak


def figures(preset: str) -> Mapping[str, float]:
    """Measure one preset."""
    space = SUPERNETS[preset]
    supernet = build_supernet(space, SHAPE, CLASSES)
    inputs, targets = torch.randn(BATCH, *SHAPE), torch.randint(CLASSES, (BATCH,))
    generator = torch.Generator().manual_seed(0)
    steps: dict[str, Callable[[], object]] = {
        "plain": lambda: weight_step(plain_network(supernet), inputs, targets),
        "weights": lambda: weight_step(supernet, inputs, targets),
        "architecture": lambda: architecture_step(supernet, inputs, targets),
    }
    found: dict[str, float] = {}
    for name, step in steps.items():
        seconds, peaks = [], []
        for _ in range(REPEATS):
            if name == "architecture":
                supernet.draw_two(generator)
            else:
                supernet.draw_one(generator)
            peaks.append(peak_of(step))
            started = time.process_time()
            step()
            seconds.append(time.process_time() - started)
        found[f"{name}_ms"], found[f"{name}_bytes"] = 1000 * min(seconds), max(peaks)
    table = cost_table(supernet, SHAPE, load_targets()["stm32f746"])
    return {**found, "least_ms": table.least, "most_ms": table.most}


def main() -> None:
    """Print a row a preset."""
    torch.set_num_threads(1)
    print("| preset | plain step | weight step | architecture step | memory of the last over plain | latency |")
    print("|---|---|---|---|---|---|")
    for preset in PRESETS:
        found = figures(preset)
        times = " | ".join(f"{found[f'{name}_ms']:.0f} ms" for name in ("plain", "weights", "architecture"))
        memory = f"{found['architecture_bytes'] / found['plain_bytes']:.2f} of {found['plain_bytes'] / 1e6:.0f} MB"
        print(f"| {preset} | {times} | {memory} | {found['least_ms']:.0f} to {found['most_ms']:.0f} ms |")


if __name__ == "__main__":
    main()
