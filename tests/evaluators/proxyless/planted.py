"""Small searches whose right answer is known."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from evaluators.classification import ClassificationTask
from evaluators.datasets.digits import Digits
from evaluators.proxyless.search import ProxylessSearch
from evaluators.proxyless.search_plan import SearchPlan
from evaluators.proxyless.steps import ArchitectureSteps
from prototypenas.costing.targets import load_targets
from prototypenas.objectives import COSTS
from prototypenas.oneshot.cost_table import CostTable, cost_table
from prototypenas.oneshot.mixed_edge import MixedEdge
from prototypenas.oneshot.regularisation import Regularisation
from prototypenas.oneshot.supernet import Supernet
from search_spaces.proxyless_supernet import SupernetSpace, build_supernet

EDGES, WIDTH, PLANTED, CHEAPEST = 4, 8, 2, 0
SPACE = SupernetSpace((4, 4), (4, 6, 6, 8), (1, 2, 2, 1), (2, 1, 1, 2), kernels=(3, 5), expansions=(2,))
SHARPNESS = 2
SHAPE = (1, 16, 16)


@dataclass(frozen=True)
class Points:
    """Random inputs and what the teacher says of them."""

    inputs: Tensor
    targets: Tensor

    def __len__(self) -> int:
        return len(self.targets)


class Imitation:
    """The part of a task that architecture steps read."""

    def summed_loss(self, network: nn.Module, batch: Points) -> Tensor:
        return functional.cross_entropy(network(batch.inputs), batch.targets, reduction="sum")


class Residual(nn.Module):
    """A random layer beside a shortcut, as superblocks have one."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(WIDTH, WIDTH)
        nn.init.normal_(self.layer.weight, std=1.5 / WIDTH**0.5)

    def forward(self, inputs: Tensor) -> Tensor:
        return inputs + self.layer(inputs).tanh()


def planted(seed: int) -> tuple[Supernet, Iterator[Points]]:
    """A network of random layers one of which, on every edge, is the teacher's; and batches that the teacher labels."""
    torch.manual_seed(seed)
    edges, teacher = [], []
    for _ in range(EDGES):
        candidates = {f"layer{place}": Residual() for place in range(4)}
        teacher.append(candidates[f"layer{PLANTED}"])
        edges.append(MixedEdge(candidates))
    scale = nn.Linear(WIDTH, WIDTH, bias=False)
    with torch.no_grad():
        scale.weight.copy_(SHARPNESS * torch.eye(WIDTH))
    supernet = Supernet(nn.Identity(), edges, scale)
    supernet.requires_grad_(False)
    for alpha in supernet.alphas:
        alpha.requires_grad_(True)
    generator = torch.Generator().manual_seed(seed)

    def batches() -> Iterator[Points]:
        while True:
            inputs = torch.randn(64, WIDTH, generator=generator)
            with torch.no_grad():
                logits = scale(nn.Sequential(*teacher)(inputs))
            yield Points(inputs, logits.argmax(dim=1))

    return supernet, batches()


def found_in(seed: int, steps: int, weight: float) -> tuple[int, ...]:
    """The choices after so many architecture steps, the first candidate being the cheapest."""
    supernet, batches = planted(seed)
    costs = CostTable(COSTS["latency"], 1.0, tuple((1.0, 2.0, 3.0, 4.0) for _ in range(EDGES)))
    paths = torch.Generator().manual_seed(seed)
    supernet.draw_alphas(paths)
    wanted = Regularisation(costs.least, weight=weight)
    searching = ArchitectureSteps.planned(supernet, Imitation(), costs, wanted, learning_rate=0.1)
    for _ in range(steps):
        searching.step(next(batches), paths)
    return supernet.most_probable()


def few_digits() -> ClassificationTask:
    """160 training pictures of 16x16."""
    data = Digits().load(input_shape=SHAPE)
    return ClassificationTask(replace(data, train=data.train.at(np.arange(160)), test=data.test.at(np.arange(32))))


def small_search(plan: SearchPlan, reference: float | None = None) -> ProxylessSearch:
    """A search for a network of middling latency."""
    with torch.device("meta"):
        shapes = build_supernet(SPACE, SHAPE, 10)
    costs = cost_table(shapes, SHAPE, load_targets()["stm32f746"])
    return ProxylessSearch(few_digits(), plan, costs, Regularisation(reference or (costs.least + costs.most) / 2))


def supernet_of(seed: int) -> Supernet:
    """The same network for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build_supernet(SPACE, SHAPE, 10)
