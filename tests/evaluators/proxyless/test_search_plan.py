"""How long and how fast: rates that fall to zero, steps that are counted."""

import pytest

from evaluators.augmentation import Augmentation
from evaluators.proxyless.search_plan import SearchPlan, plan_for
from prototypenas.errors import ConfigurationError


def test_both_rates_fall_from_their_peak_to_zero():
    plan = SearchPlan(warmup_epochs=2, joint_epochs=3)
    rates = [plan.learning_rate(epoch, step, 10) for epoch in range(5) for step in range(10)]
    assert rates[0] == plan.warmup_rate and rates[20] == plan.joint_rate
    assert rates[:20] == sorted(rates[:20], reverse=True) and rates[20:] == sorted(rates[20:], reverse=True)
    assert rates[19] < 0.01 * plan.warmup_rate and rates[-1] < 0.01 * plan.joint_rate


def test_architecture_steps_begin_after_the_first_joint_epoch():
    plan = SearchPlan(warmup_epochs=2, joint_epochs=3)
    assert [plan.architecture_steps(epoch, 312) for epoch in range(5)] == [0, 0, 0, 62, 62]


def test_logits_may_go_as_far_in_a_short_search_as_in_a_long_one():
    assert SearchPlan(warmup_epochs=0, joint_epochs=101).alpha_learning_rate(5000) == 1e-3
    assert SearchPlan().alpha_learning_rate(312) == pytest.approx(10 / (14 * 62))
    assert SearchPlan(joint_epochs=2).alpha_learning_rate(5) == 0.1
    assert SearchPlan(alpha_rate=0.02).alpha_learning_rate(312) == 0.02


@pytest.mark.parametrize(
    ("samples", "batch", "steps"), [(50_000, 128, None), (1_437, 16, None), (300, 8, 50), (10, 8, 50)]
)
def test_small_data_take_small_batches_and_several_passes(samples, batch, steps):
    length = {"warmup_epochs": 10, "joint_epochs": 15, "held_out_share": 0.2}
    plan = plan_for(samples, **length, augmentation=Augmentation(flip=True))
    assert (plan.batch_size, plan.steps_per_epoch, plan.recipe.augmentation.flip) == (batch, steps, True)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"joint_epochs": 1}, "at least 0, 2 and 1 are needed"),
        ({"architecture_every": 0}, "at least 0, 2 and 1"),
        ({"held_out_share": 0.0}, "above 0 and below 1"),
        ({"held_out_share": 1.0}, "above 0 and below 1"),
        ({"alpha_rate": 0.0}, "must be positive"),
    ],
)
def test_other_values_are_refused(values, message):
    with pytest.raises(ConfigurationError, match=message):
        SearchPlan(**values)
