"""One pruning step in the middle of training: channels, their momentum and their average go together."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import SGD

from evaluators.task import Task
from prototypenas.compression.pruning import Cut, Importance, prune_to
from prototypenas.prototype import Prototype
from prototypenas.safe_convolutions import SafeConvolutions

TAYLOR_SAMPLES = 512
"""Training samples whose mean gradient Taylor importance judges by."""

_FLAT_DIMENSIONS = 1
"""Parameters of at most this many dimensions are biases and normalisation."""


def build_optimizer(network: nn.Module, *, learning_rate: float, momentum: float, weight_decay: float) -> SGD:
    """Return SGD with Nesterov momentum; biases and normalisation do not decay."""
    decayed, free = _parameter_groups(network)
    groups = [{"params": decayed, "weight_decay": weight_decay}, {"params": free, "weight_decay": 0.0}]
    return SGD(groups, lr=learning_rate, momentum=momentum, nesterov=momentum > 0)


def cut_channels(network: Prototype, kept: Mapping[str, int], task: Task[Any], importance: Importance) -> Cut:
    """Cut the network in place to `kept` channels of each dimension named."""
    device = next(network.parameters()).device
    if importance is Importance.TAYLOR:
        _leave_gradients(network, task)
    cut = prune_to(network, kept, torch.zeros(1, *task.input_shape, device=device), importance=importance)
    network.zero_grad(set_to_none=True)
    return cut


def carry_momentum(optimizer: SGD, network: nn.Module, momentum: Mapping[str, Tensor], cut: Cut) -> None:
    """Hand the cut network's parameters to the optimizer, with what was left of their momentum.

    `momentum` maps parameter names to buffers shaped as before the cut.
    """
    optimizer.state.clear()
    for group, parameters in zip(optimizer.param_groups, _parameter_groups(network), strict=True):
        group["params"] = parameters
    for name, parameter in network.named_parameters():
        if name in momentum:
            optimizer.state[parameter]["momentum_buffer"] = cut.apply(name, momentum[name]).clone()


def momentum_by_name(optimizer: SGD, network: nn.Module) -> dict[str, Tensor]:
    """Return the momentum of each parameter that has one."""
    found = {name: optimizer.state[parameter].get("momentum_buffer") for name, parameter in network.named_parameters()}
    return {name: buffer for name, buffer in found.items() if buffer is not None}


def _leave_gradients(network: Prototype, task: Task[Any]) -> None:
    device = next(network.parameters()).device
    was_training = network.training
    network.eval()
    network.zero_grad(set_to_none=True)
    for batch in task.train.at(torch.arange(min(TAYLOR_SAMPLES, len(task.train)))).batches(128):
        with SafeConvolutions():
            loss = task.summed_loss(network, batch.to(device))
        loss.backward()  # type: ignore[no-untyped-call]
    network.train(was_training)


def _parameter_groups(network: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    decayed: list[nn.Parameter] = []
    free: list[nn.Parameter] = []
    for parameter in network.parameters():
        if parameter.requires_grad:
            (free if parameter.dim() <= _FLAT_DIMENSIONS else decayed).append(parameter)
    return decayed, free
