import pickle

import pytest
import torch
from torch.nn import functional

from prototypenas.errors import ConfigurationError
from prototypenas.evidence import gaussian_probe, pooled_cross_entropy


def test_the_same_seed_draws_the_same_probe_and_another_seed_another() -> None:
    first, again, other = (gaussian_probe((2, 50), 5, batch_size=8, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(first.batches[1].inputs, again.batches[1].inputs)
    assert torch.equal(first.sample, again.sample)
    assert not torch.equal(first.batches[0].inputs, other.batches[0].inputs)
    assert not torch.equal(first.batches[0].inputs, first.batches[1].inputs)


def test_inputs_are_standard_normal_and_labels_uniform() -> None:
    batch = gaussian_probe((3, 16, 16), 4, batch_size=400).batches[0]
    assert float(batch.inputs.mean()) == pytest.approx(0.0, abs=0.01)
    assert float(batch.inputs.std()) == pytest.approx(1.0, abs=0.01)
    assert torch.bincount(batch.targets, minlength=4).min() > 70


def test_a_probe_travels_to_a_worker() -> None:
    assert pickle.loads(pickle.dumps(gaussian_probe((3, 4, 4), 2))).loss is pooled_cross_entropy


def test_drawing_leaves_the_global_generator_alone() -> None:
    before = torch.get_rng_state()
    gaussian_probe((3, 4, 4), 2)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(("batch_size", "classes"), [(1, 2), (4, 0)])
def test_impossible_probes_are_refused(batch_size: int, classes: int) -> None:
    with pytest.raises(ConfigurationError):
        gaussian_probe((3, 4, 4), classes, batch_size=batch_size)


def test_the_loss_is_cross_entropy_on_logits_and_reaches_every_level_of_maps() -> None:
    logits, targets = torch.randn(4, 6), torch.tensor([0, 5, 2, 2])
    assert torch.equal(pooled_cross_entropy(logits, targets), functional.cross_entropy(logits, targets))
    maps = [torch.randn(4, 6, size, size, requires_grad=True) for size in (4, 2)]
    loss = pooled_cross_entropy(maps, targets)
    expected = torch.stack([functional.cross_entropy(level.mean(dim=(2, 3)), targets) for level in maps]).sum()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-6)
    loss.backward()
    assert all(level.grad is not None and bool(level.grad.any()) for level in maps)
