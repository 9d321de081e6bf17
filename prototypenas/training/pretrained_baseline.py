"""Networks that begin with the weights of a larger one of their architecture."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from prototypenas.compression.pruning import prune_to
from prototypenas.protocols import Baseline
from prototypenas.prototype import Prototype
from prototypenas.types import Configuration, InputShape


@dataclass(frozen=True, eq=False)
class PretrainedBaseline:
    """A baseline whose unpruned networks begin with what a pre-trained one holds for them.

    A pruned configuration is built untrained as ever: its weights come out of the training that prunes.
    """

    baseline: Baseline
    width: float
    """Of the pre-trained network; at least that of any network to be built."""
    weights: Mapping[str, Tensor]
    """Its state dict."""

    def __call__(self, configuration: Configuration, input_shape: InputShape, num_classes: int) -> Prototype:
        """Build the network, and fill in what it can take over.

        Raises:
            InvalidConfiguration: as the baseline does.
        """
        network = self.baseline(configuration, input_shape, num_classes)
        if configuration == configuration.unpruned():
            taken = self.taken(configuration, input_shape, num_classes)
            network.load_state_dict({**network.state_dict(), **taken})
        return network

    def taken(self, configuration: Configuration, input_shape: InputShape, num_classes: int) -> dict[str, Tensor]:
        """Return what the unpruned network of a configuration takes over, by its names.

        The network is built as wide as the pre-trained one and gets each tensor of the same name, kernels by their
        centre, a larger kernel's rim zero. Then its least important channels go, as they do in pruning, until it has
        its own width. What depends on the number of classes is left out, and has no say in that.
        """
        wide = _on_meta(self.baseline, replace(configuration.unpruned(), width=self.width), input_shape, num_classes)
        wide.to_empty(device="cpu")
        found = self._found(wide.state_dict(), self._of_the_classes(configuration, input_shape, num_classes))
        wide.load_state_dict({name: found.get(name, torch.zeros_like(own)) for name, own in wide.state_dict().items()})
        own = _on_meta(self.baseline, configuration.unpruned(), input_shape, num_classes)
        prune_to(wide, {one.name: one.channels for one in own.dimensions}, torch.zeros(1, *input_shape))
        return {name: tensor for name, tensor in wide.state_dict().items() if name in found}

    def _found(self, wide: Mapping[str, Tensor], left_out: frozenset[str]) -> dict[str, Tensor]:
        found = {}
        for name in (wide.keys() & self.weights.keys()) - left_out:
            fitted = centred(self.weights[name], wide[name].shape)
            if fitted is not None:
                found[name] = fitted
        return found

    def _of_the_classes(self, configuration: Configuration, shape: InputShape, num_classes: int) -> frozenset[str]:
        """Name the tensors that another number of classes would change."""
        some, more = (
            _on_meta(self.baseline, configuration, shape, classes).state_dict()
            for classes in (num_classes, num_classes + 1)
        )
        return frozenset(name for name in some if some[name].shape != more[name].shape)


def centred(tensor: Tensor, shape: torch.Size) -> Tensor | None:
    """Cut or pad the kernel axes `(C_out, C_in, *kernel)` about their centre; `None` where other axes differ."""
    if tensor.shape == shape:
        return tensor
    if tensor.dim() != len(shape) or tensor.dim() < 3 or tensor.shape[:2] != shape[:2]:
        return None
    rims = [(new - old) // 2 for old, new in zip(tensor.shape[2:], shape[2:], strict=True)]
    # From the last axis to the first, both ends; negative rims cut.
    return functional.pad(tensor, [rim for rim in reversed(rims) for _ in range(2)])


def _on_meta(baseline: Baseline, configuration: Configuration, shape: InputShape, num_classes: int) -> Prototype:
    with torch.device("meta"):
        return baseline(configuration, shape, num_classes)
