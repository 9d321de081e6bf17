import torch

from evaluators.datasets.samples import Samples
from evaluators.training.batches import ShuffledBatches


def drawn(samples: Samples, epochs: int, steps_per_epoch: int | None) -> list[list[int]]:
    batches = ShuffledBatches(samples, "cpu", 4, seed=3, steps_per_epoch=steps_per_epoch)
    found = []
    for epoch in range(epochs):
        batches.epoch = epoch
        assert len(list(batches)) == len(batches)
        found += [batch.targets.tolist() for batch in batches]
    return found


def test_epochs_of_any_length_show_the_same_batches_as_whole_passes():
    samples = Samples(torch.zeros(22, 1, 2, 2, dtype=torch.uint8), torch.arange(22))
    passes = drawn(samples, epochs=6, steps_per_epoch=None)
    assert len(passes) == 30
    for length in (1, 3, 5, 10, 30):
        assert drawn(samples, epochs=30 // length, steps_per_epoch=length) == passes
    for start in range(0, 30, 5):
        shown = [label for batch in passes[start : start + 5] for label in batch]
        assert len(set(shown)) == 20, "within a pass no sample is shown twice"


def test_fewer_samples_than_a_batch_make_one_batch():
    samples = Samples(torch.zeros(3, 1, 2, 2, dtype=torch.uint8), torch.arange(3))
    assert [sorted(batch) for batch in drawn(samples, epochs=2, steps_per_epoch=1)] == [[0, 1, 2]] * 2
