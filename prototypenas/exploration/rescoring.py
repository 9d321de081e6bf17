"""Scoring explored candidates by other proxies than they were explored with."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from prototypenas.exploration.candidate_evaluation import ExplorationTask
from prototypenas.training.nominal_time import nominal_seconds
from prototypenas.types import Candidate

PASSES = 8
"""Nominal passes of training that scoring by the paper's four proxies takes: .112 s for 16 samples at 2 MFLOPs."""


def rescored(candidates: Sequence[Candidate], task: ExplorationTask, *, seconds: float) -> tuple[Candidate, ...]:
    """Return different feasible candidates with the scores of the task's proxies only, in order of FLOPs.

    Scores that are there already are kept. Where the others would nominally take longer than `seconds` of one core,
    candidates are left out, evenly over the order of FLOPs. A candidate that a proxy fails on is left out too.
    """
    different = {one.digest: one for one in reversed(candidates) if one.feasible}
    ordered = sorted(different.values(), key=lambda one: (_flops(one), one.number))
    if all(set(task.proxies) <= set(one.scores) for one in ordered):
        return tuple(replace(one, scores={name: one.scores[name] for name in task.proxies}) for one in ordered)
    samples = PASSES * task.batch_size * task.weight_seeds
    needed = sum(nominal_seconds(_flops(one), samples) for one in ordered)
    count = len(ordered) if needed <= seconds else max(1, int(len(ordered) * seconds / needed))
    places = np.linspace(0, len(ordered) - 1, count).round().astype(int)
    scored = (task.score(replace(ordered[place], scores={})).candidate for place in places)
    return tuple(one for one in scored if one.feasible)


def _flops(candidate: Candidate) -> int:
    return 0 if candidate.cost is None else candidate.cost.flops
