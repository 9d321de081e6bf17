"""A copy of all a proxy could change in a network, to compare with and to put back."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class _SavedTensor:
    owner: nn.Module
    key: str
    name: str
    tensor: Tensor
    storage: Tensor
    values: Tensor
    gradient: Tensor | None
    requires_grad: bool


class NetworkState:
    """Parameters, buffers, gradients, gradient flags, train flags and hooks of a network as they are now."""

    def __init__(self, model: nn.Module) -> None:
        self._tensors = tuple(_saved_tensors(model))
        self._modules = tuple((name, module, module.training) for name, module in model.named_modules())
        self._hooks = _count_hooks(model)
        self._model = model

    def differences(self) -> tuple[str, ...]:
        """Name what has changed since; empty where nothing has."""
        changed = [f"{saved.name} has other {what}" for saved in self._tensors for what in _differences(saved)]
        changed += [
            f"{name or 'the network'} left in {_mode(m.training)} mode"
            for name, m, was in self._modules
            if m.training != was
        ]
        if _count_hooks(self._model) != self._hooks:
            changed.append(f"{_count_hooks(self._model) - self._hooks} hooks left behind")
        return tuple(changed)

    def restore(self) -> None:
        """Put back everything but hooks, which only their owner can remove."""
        for saved in self._tensors:
            setattr(saved.owner, saved.key, saved.tensor)
            if saved.tensor.data_ptr() != saved.storage.data_ptr():
                saved.tensor.data = saved.storage
            if not torch.equal(saved.storage, saved.values):
                saved.storage.copy_(saved.values)
            saved.tensor.requires_grad_(saved.requires_grad)
            saved.tensor.grad = saved.gradient
        for _, module, training in self._modules:
            module.training = training


def _saved_tensors(model: nn.Module) -> Iterator[_SavedTensor]:
    for path, module in model.named_modules():
        for key, tensor in (*module._parameters.items(), *module._buffers.items()):
            if tensor is None:
                continue
            yield _SavedTensor(
                owner=module,
                key=key,
                name=f"{path}.{key}" if path else key,
                tensor=tensor,
                storage=tensor.detach(),
                values=tensor.detach().clone(),
                gradient=None if tensor.grad is None else tensor.grad.clone(),
                requires_grad=tensor.requires_grad,
            )


def _differences(saved: _SavedTensor) -> Iterator[str]:
    now = getattr(saved.owner, saved.key)
    if now.shape != saved.values.shape or now.dtype != saved.values.dtype or not torch.equal(now, saved.values):
        yield "values"
    if now.requires_grad != saved.requires_grad:
        yield "requires_grad"
    if (now.grad is None) != (saved.gradient is None) or (
        saved.gradient is not None and not torch.equal(now.grad, saved.gradient)
    ):
        yield "gradients"


def _count_hooks(model: nn.Module) -> int:
    return sum(
        len(module._forward_hooks)
        + len(module._forward_pre_hooks)
        + len(module._backward_hooks)
        + len(module._backward_pre_hooks)
        for module in model.modules()
    )


def _mode(training: bool) -> str:
    return "train" if training else "eval"
