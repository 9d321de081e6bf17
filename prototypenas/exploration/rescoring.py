"""Scoring explored candidates by other proxies than they were explored with."""

from collections.abc import Sequence

import numpy as np

from prototypenas.exploration.candidate_evaluation import ExplorationTask
from prototypenas.training.nominal_time import nominal_seconds
from prototypenas.types import Explored, Scored

PASSES = 8
"""Nominal passes of training that scoring by the paper's four proxies takes: .112 s for 16 samples at 2 MFLOPs."""


def rescored(candidates: Sequence[Explored], task: ExplorationTask, *, seconds: float) -> tuple[Scored, ...]:
    """Return different feasible candidates with the scores of the task's proxies only, in order of FLOPs.

    Scores that are there already are kept. Where the others would nominally take longer than `seconds` of one core,
    candidates are left out, evenly over the order of FLOPs. A candidate that a proxy fails on is left out too.
    """
    different = {one.digest: one for one in reversed(candidates) if isinstance(one, Scored)}
    ordered = sorted(different.values(), key=lambda one: (one.cost.flops, one.number))
    if all(set(task.proxies) <= set(one.scores) for one in ordered):
        return tuple(one.scored({name: one.scores[name] for name in task.proxies}) for one in ordered)
    samples = PASSES * task.batch_size * task.weight_seeds
    needed = sum(nominal_seconds(one.cost.flops, samples) for one in ordered)
    count = len(ordered) if needed <= seconds else max(1, int(len(ordered) * seconds / needed))
    places = np.linspace(0, len(ordered) - 1, count).round().astype(int)
    scored = (task.score(ordered[place]).candidate for place in places)
    return tuple(one for one in scored if isinstance(one, Scored))
