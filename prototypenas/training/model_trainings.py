"""The jobs of step 3, each of which may run in a process or on a machine of its own."""

from collections.abc import Mapping, Sequence
from functools import partial

from prototypenas.progress import Progress
from prototypenas.protocols import Baseline, References
from prototypenas.runs.class_scores import write_references
from prototypenas.runs.run_directory import DatasetDirectory, RunDirectory
from prototypenas.steps import Machine, Training
from prototypenas.training.pretraining import SharedNetwork, note_start, shared_networks, started
from prototypenas.training.trainings import train_all
from prototypenas.types import Candidate, Evaluation, Scored
from prototypenas.workers.threads import computing_threads


def first_weights(
    seen: DatasetDirectory, training: Training, chosen: Sequence[Candidate], machine: Machine, progress: Progress
) -> Mapping[str, Baseline]:
    """Pre-train one network an architecture, where that is asked for, and return baselines that begin with them."""
    if training.pretraining is None:
        return training.baselines
    pretraining, evaluator = training.pretraining, training.evaluator
    place = seen.run.absolute()
    shared = shared_networks(place, pretraining, training.baselines, chosen, seed=training.seed)
    jobs = {f"pre-training of {name}": partial(_pretrain_one, training, one, place) for name, one in shared.items()}
    train_all(machine.trainings, jobs, plugins=training.plugins, progress=progress)
    baselines = {name: started(pretraining, one) for name, one in shared.items()}
    for one in chosen:
        name = one.configuration.architecture
        note_start(seen.model(one.number), shared[name], baselines[name], one, evaluator)
    return baselines


def _pretrain_one(training: Training, shared: SharedNetwork, run: RunDirectory, progress: Progress) -> None:
    assert training.pretraining is not None
    run.check_seen()
    with computing_threads(training.threads):
        training.pretraining.train(
            shared.configuration,
            shared.baseline,
            directory=shared.directory,
            seed=training.seed,
            device=training.device,
            progress=progress,
        )


def score_references(references: References, seen: DatasetDirectory, progress: Progress) -> None:
    """Train the simple classifiers that the models are compared with, and write how they did."""
    seen.run.check_seen()
    with computing_threads(1):
        write_references(references.scores(progress), seen.path)


def evaluate_one(training: Training, candidate: Candidate, seen: DatasetDirectory, progress: Progress) -> Evaluation:
    """Train, prune, quantize and test one candidate, in whatever process this is."""
    seen.run.check_seen()
    with computing_threads(training.threads):
        return training.evaluator.evaluate(
            candidate,
            training.baselines[candidate.configuration.architecture],
            directory=seen.model(candidate.number),
            seed=training.seed,
            device=training.device,
            progress=progress,
        )


def longest_first(chosen: Sequence[Scored]) -> list[Scored]:
    """Return them so that at the end no core waits long for another (Graham, 1969); no result depends on it."""
    return sorted(chosen, key=lambda one: -one.cost.flops)
