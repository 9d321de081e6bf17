"""One step of the weights and one of the architecture parameters (ProxylessNAS, section 3.2)."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.optim import SGD, Adam

from evaluators.proxyless.search_plan import SearchPlan
from evaluators.task import Part, Task
from evaluators.training.pruning import build_optimizer
from evaluators.training.recipe import Recipe
from prototypenas.oneshot.cost_table import CostTable
from prototypenas.oneshot.regularisation import Regularisation
from prototypenas.oneshot.supernet import Supernet
from prototypenas.safe_convolutions import SafeConvolutions


@dataclass(frozen=True)
class WeightSteps:
    """Trains the weights of one drawn path a step."""

    supernet: Supernet
    task: Task[Any]
    recipe: Recipe
    optimizer: SGD

    @classmethod
    def planned(cls, supernet: Supernet, task: Task[Any], plan: SearchPlan) -> "WeightSteps":
        """Take optimizer and recipe from a plan."""
        optimizer = build_optimizer(
            supernet.weighted,
            learning_rate=plan.warmup_rate,
            momentum=plan.momentum,
            weight_decay=plan.weight_decay,
        )
        return cls(supernet, task, plan.recipe, optimizer)

    def step(self, batch: Part, paths: torch.Generator, augmenting: torch.Generator, done: float) -> Tensor:
        """Draw a path, train it on a batch, and return the loss; weights off the path stay as they are.

        `done` is the share of all epochs that are over.
        """
        self.supernet.draw_one(paths)
        self.optimizer.zero_grad(set_to_none=True)
        with SafeConvolutions():
            loss, _ = self.task.varied_loss(self.supernet, batch, self.recipe, augmenting, done)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step()
        return loss.detach()

    def set_rate(self, learning_rate: float) -> None:
        """Set the learning rate of the next step."""
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate


@dataclass(frozen=True)
class ArchitectureSteps:
    """Trains the architecture parameters of one drawn pair an edge a step; weights stay as they are."""

    supernet: Supernet
    task: Task[Any]
    costs: CostTable
    wanted: Regularisation
    optimizer: Adam

    @classmethod
    def planned(
        cls, supernet: Supernet, task: Task[Any], costs: CostTable, wanted: Regularisation, *, learning_rate: float
    ) -> "ArchitectureSteps":
        """Take the published optimizer: Adam without momentum, so that α outside the drawn pair stands still."""
        return cls(supernet, task, costs, wanted, Adam(supernet.alphas, lr=learning_rate, betas=(0.0, 0.999)))

    def step(self, batch: Part, paths: torch.Generator) -> Tensor:
        """Draw a pair an edge, follow the regularised loss of a held-out batch, and return its cross-entropy.

        Normalisation is in training mode, as in the publication, so its running statistics see the batch.
        """
        self.supernet.draw_two(paths)
        gated = [edge for edge in self.supernet.edges if edge.gates is not None]
        with SafeConvolutions():
            loss = self.task.summed_loss(self.supernet, batch) / len(batch)
        expected = self.costs.expected([edge.pair_probabilities() for edge in self.supernet.edges])
        gates = [edge.gates for edge in gated if edge.gates is not None]
        alphas = [edge.alpha for edge in gated]
        if not gated:
            return loss.detach()
        # Of gates and α alone, so that no gradient of a weight is computed.
        found = torch.autograd.grad(self.wanted.loss(loss, expected), [*gates, *alphas])
        before = [alpha.detach().clone() for alpha in alphas]
        self.optimizer.zero_grad(set_to_none=True)
        for edge, by_gates, by_cost in zip(gated, found[: len(gated)], found[len(gated) :], strict=True):
            edge.alpha.grad = by_cost + edge.gate_gradient(by_gates)
        self.optimizer.step()
        for edge, earlier in zip(gated, before, strict=True):
            edge.rescale(earlier)
        return loss.detach()
