"""What a training that prunes on the way costs: networks begin at full widths, which may be many times dearer."""

import torch

from evaluators.training.pruning_schedule import PruningSchedule
from prototypenas.graph.lowering import lower
from prototypenas.protocols import Baseline
from prototypenas.types import Configuration, InputShape


def mean_training_flops(
    configuration: Configuration,
    baseline: Baseline,
    input_shape: InputShape,
    num_classes: int,
    *,
    schedule: PruningSchedule,
    epochs: int,
) -> int:
    """Return the FLOPs of one inference, in the mean over the epochs of a training that prunes by `schedule`.

    FLOPs are taken to fall in proportion to the channels that are still to go, which is slightly too many.
    """
    full, pruned = (
        _flops(baseline, one, input_shape, num_classes) for one in (configuration.unpruned(), configuration)
    )
    return round(pruned + schedule.mean_remaining(epochs) * (full - pruned))


def _flops(baseline: Baseline, configuration: Configuration, input_shape: InputShape, num_classes: int) -> int:
    with torch.device("meta"):
        graph = lower(baseline(configuration, input_shape, num_classes), input_shape)
    return 2 * sum(operator.macs(graph.tensors) for operator in graph.operators)
