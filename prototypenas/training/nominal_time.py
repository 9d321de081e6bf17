"""How long training takes on one core, as a formula: the same on any machine, so that no result depends on a clock."""

SECONDS_PER_SAMPLE = 0.0003
SECONDS_PER_MFLOP = 0.00027
"""Of one training step, for each sample, on one core.

Fitted by eye to 6.6 s for 10,000 images at 3x32x32 (2 MFLOPs in the mean) and 58 s at 3x128x128 (20 MFLOPs). The 120
networks of `experiments.own_space` took 0.6 to 2.3 times as long on CIFAR-10, on a busy machine.
"""


def nominal_seconds(flops: int, samples: int) -> float:
    """Return the nominal seconds of one core that training on so many samples takes a network of so many FLOPs."""
    return samples * (SECONDS_PER_SAMPLE + SECONDS_PER_MFLOP * flops / 1e6)
