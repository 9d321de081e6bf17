"""The kit accepts a toy architecture as a plug-in author would write it, and names what a broken one breaks."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from prototypenas.compression.pruning import prune_to
from prototypenas.costing.memory_plan import plan_memory
from prototypenas.costing.targets import load_targets
from prototypenas.errors import InvalidConfiguration
from prototypenas.exploration.candidate_evaluation import ExplorationTask
from prototypenas.exploration.exploration import explore
from prototypenas.exploration.space import SearchSpace
from prototypenas.graph.lowering import lower
from prototypenas.protocols import Baseline
from prototypenas.prototype import Prototype
from prototypenas.testing import ConformanceError, check_baseline
from prototypenas.types import Budget, Configuration, GroupConfiguration, Scored
from prototypenas.workers.in_process import InProcess
from proxies.naswot import naswot_score
from search_spaces.convolution import classifier, convolution_unit
from search_spaces.sizing import Sizing


def build_toy(configuration, input_shape, num_classes, *, kernel=None, strides=None, forgets_pruning=False):
    """Plain convolutions in a row; the keyword arguments break the contract."""
    sizing = Sizing(configuration, input_shape)
    groups, features = [], input_shape[0]
    for group, searched in enumerate(configuration.groups):
        blocks = []
        for block in range(searched.depth):
            stride = searched.stride if block == 0 else 1
            sizing.slide(f"group {group}", searched.kernel, stride)
            width = sizing.scaled(f"group {group}", 12)
            output = sizing.pruned(f"block{block}", f"groups.{group}.{block}.0", width, group=group)
            kept = output.channels if forgets_pruning else output.kept
            blocks.append(convolution_unit(features, kept, kernel or searched.kernel, stride=strides or stride))
            features = kept
        groups.append(blocks)
    return Prototype(
        nn.Identity(),
        groups,
        classifier(features, num_classes),
        configuration=configuration,
        input_shape=input_shape,
        num_classes=num_classes,
        dimensions=sizing.dimensions,
    )


POOL: dict[str, Baseline] = {"toy": build_toy}


def check(baseline):
    return check_baseline("toy", baseline, (3, 5), input_shape=(3, 24, 24), samples=8)


def test_a_toy_architecture_is_checked_built_pruned_and_lowered():
    assert check(POOL["toy"]) < 8
    groups = (GroupConfiguration(depth=2, stride=2, sparsity=0.5),) * 4
    configuration = Configuration("toy", 1.0, groups)
    built = POOL["toy"](configuration, (3, 24, 24), 4)
    cut = POOL["toy"](configuration.unpruned(), (3, 24, 24), 4)
    prune_to(cut, {dimension.name: dimension.kept for dimension in built.dimensions}, torch.zeros(1, 3, 24, 24))
    graphs = [lower(model.eval(), (3, 24, 24)) for model in (built, cut)]
    assert graphs[0].digest() == graphs[1].digest()
    assert plan_memory(graphs[0]).arena_bytes == plan_memory(graphs[1]).arena_bytes > 0


def test_a_toy_architecture_is_explored():
    task = ExplorationTask(
        baselines=POOL,
        proxies={"naswot": naswot_score},
        input_shape=(3, 24, 24),
        num_classes=4,
        target=load_targets()["stm32f746"],
        budget=Budget(ram_bytes=100_000),
    )
    space = SearchSpace(("toy",), {"toy": (3, 5)})
    found = explore(task, space=space, trials=12, sampler="random", executor=InProcess())
    assert len(found.candidates) == 12
    assert found.feasible
    assert all(set(candidate.scores) == {"naswot"} for candidate in found.feasible)
    kinds = {candidate.rejection.kind for candidate in found.candidates if not isinstance(candidate, Scored)}
    assert kinds <= {"invalid", "ram"}


@pytest.mark.parametrize(
    ("breakage", "complaint"),
    [
        ({"kernel": 7}, "first spatial kernel is 7"),
        ({"strides": 2}, "maps"),
        ({"forgets_pruning": True}, "was built with"),
    ],
)
def test_a_broken_builder_is_named(breakage, complaint):
    with pytest.raises(ConformanceError, match=complaint):
        check(lambda *arguments: build_toy(*arguments, **breakage))


def test_a_builder_that_ignores_its_configuration_is_named():
    def stubborn(configuration, input_shape, num_classes):
        return build_toy(replace(configuration, width=1.0), input_shape, num_classes)

    with pytest.raises(ConformanceError, match="another configuration"):
        check(stubborn)


def test_a_builder_that_refuses_everything_is_named():
    def refuse(configuration, input_shape, num_classes):
        raise InvalidConfiguration("never")

    with pytest.raises(ConformanceError, match="refuses all of 8"):
        check(refuse)


class Explosive(nn.Module):
    def forward(self, features: Tensor) -> Tensor:
        return features / torch.zeros(())


class Detached(nn.Module):
    def forward(self, features: Tensor) -> Tensor:
        return features.detach()


@pytest.mark.parametrize(("head", "complaint"), [(Explosive, "not finite"), (Detached, "takes no part")])
def test_outputs_and_gradients_must_be_sound(head, complaint):
    def sick(*arguments):
        model = build_toy(*arguments)
        model.head.insert(0, head())
        return model

    with pytest.raises(ConformanceError, match=complaint):
        check(sick)


def test_wrong_number_of_logits_is_named():
    def short(configuration, input_shape, num_classes):
        model = build_toy(configuration, input_shape, num_classes - 1)
        model.num_classes = num_classes
        return model

    with pytest.raises(ConformanceError, match=r"logits have shape \(2, 9\)"):
        check(short)
