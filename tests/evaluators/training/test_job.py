from dataclasses import replace
from pathlib import Path

import pytest
import torch

from evaluators.augmentation import Augmentation
from evaluators.classification import ClassificationTask, class_weights
from evaluators.datasets.samples import Samples, assembled
from evaluators.training.batches import seed_of
from evaluators.training.checkpoints import TrainingState, load_whole
from evaluators.training.job import run_job
from evaluators.training.keeper import PruningPlan, TrainingJob
from evaluators.training.pruning import build_optimizer
from evaluators.training.pruning_schedule import PruningSchedule
from evaluators.training.validation import training_and_validation
from prototypenas.compression.calibration import calibrate
from prototypenas.compression.fake_quantization import FakeQuantizedNetwork
from prototypenas.compression.pruning import Importance
from prototypenas.errors import ConfigurationError, RunDirectoryError, TrainingError
from prototypenas.graph.lowering import lower
from prototypenas.progress import Progress, Silent
from search_spaces.mbednet import build_mbednet
from tests.strided_pointwise import StridedPointwise, own_network


class PowerCut(BaseException):
    """Not an error anybody handles."""


class CutAt:
    """Breaks training off once so many epochs are done."""

    def __init__(self, epochs: float) -> None:
        self.epochs = epochs

    def update(self, task: str, completed: float, total: float, note: str = "") -> None:
        if completed >= self.epochs:
            raise PowerCut


@pytest.fixture
def job(few_digits, quick_recipe, tmp_path) -> TrainingJob:
    return TrainingJob(
        title="trial 3",
        phase="train",
        task=ClassificationTask(few_digits),
        recipe=replace(quick_recipe, average_decay=0.8),
        seed=5,
        device="cpu",
        directory=tmp_path,
        fingerprint="these arguments",
        progress=Silent(),
    )


@pytest.fixture
def train(tiny_configuration):
    def run(job: TrainingJob, progress: Progress | None = None, **schedule: object) -> TrainingState:
        job.directory.mkdir(exist_ok=True)
        torch.manual_seed(job.seed)
        network = build_mbednet(tiny_configuration.unpruned(), job.task.input_shape, 10)
        built = build_mbednet(tiny_configuration, job.task.input_shape, 10)
        plan = PruningPlan(PruningSchedule(start=0.25, end=0.5, **schedule), built.dimensions)
        return run_job(replace(job, progress=progress or job.progress), network, plan)

    return run


def rows(state: TrainingState) -> list[object]:
    return [*(replace(record, seconds=0) for record in state.history), *state.pruning]


def test_an_interrupted_training_ends_like_an_uninterrupted_one(job, train, tmp_path):
    recipe = replace(job.recipe, augmentation=Augmentation(shift=1, random_changes=2), steps_per_epoch=3)
    job = replace(job, recipe=recipe)
    whole = train(replace(job, directory=tmp_path / "whole"))
    broken_job = replace(job, directory=tmp_path / "broken")
    for epochs in (0.1, 1, 1.1, 2, 3):
        with pytest.raises(PowerCut):
            train(broken_job, CutAt(epochs))
    resumed = train(broken_job)
    assert rows(resumed) == rows(whole)
    first, second = load_whole(job.directory / "whole/last.pt"), load_whole(job.directory / "broken/last.pt")
    assert all(torch.equal(first["network"][name], second["network"][name]) for name in first["network"])
    first, second = load_whole(tmp_path / "whole/checkpoint.pt"), load_whole(tmp_path / "broken/checkpoint.pt")
    assert all(torch.equal(first["network"][name], second["network"][name]) for name in first["network"])


def test_pruning_ends_at_the_built_shapes_and_is_recorded(job, train, tiny_configuration):
    state = train(job)
    built = build_mbednet(tiny_configuration, job.task.input_shape, 10)
    best = load_whole(job.best_path)["network"]
    assert {name: value.shape for name, value in best.items()} == {
        name: value.shape for name, value in built.state_dict().items()
    }
    assert [record.epoch for record in state.pruning] == [2, 3]
    for record in state.pruning:
        assert record.channels_after < record.channels_before
        assert 0 <= record.score_before <= 1 and 0 <= record.score_after <= 1
    lines = (job.directory / "history.csv").read_text().splitlines()
    assert len(lines) == 1 + job.recipe.epochs
    assert (job.directory / "pruning.csv").read_text().startswith("epoch,channels_before,channels_after")


def test_a_finished_training_is_only_read_back(job, train):
    state = train(job)
    written = job.last_path.stat().st_mtime_ns
    assert rows(train(job)) == rows(state)
    assert job.last_path.stat().st_mtime_ns == written


def test_taylor_importance_finds_its_gradients(job, train):
    state = train(job, importance=Importance.TAYLOR)
    assert state.finished_epochs == job.recipe.epochs


@pytest.mark.parametrize("change", [{"mixup_alpha": 0.4}, {"cutmix_alpha": 1.0}, {"label_smoothing": 0.1}])
def test_options_train_with_finite_loss(job, train, change):
    state = train(replace(job, recipe=replace(job.recipe, epochs=2, validation_share=0.0, **change)))
    assert all(record.validation_score is None and record.train_loss < 5 for record in state.history)


def test_training_stops_when_its_patience_is_over_and_stays_stopped(job, train):
    # A rate this small learns nothing, so the first epoch at the final widths stays the best.
    recipe = replace(job.recipe, epochs=12, learning_rate=1e-9, average_decay=0.0, early_stopping=2)
    state = train(replace(job, recipe=recipe))
    final = [row.validation_score for row in state.history if row.channels == state.history[-1].channels]
    assert state.finished_epochs < 12
    assert len(final) - 1 - final.index(max(final)) == 2
    written = job.last_path.stat().st_mtime_ns
    assert rows(train(replace(job, recipe=recipe))) == rows(state)
    assert job.last_path.stat().st_mtime_ns == written
    patient = train(replace(job, recipe=replace(recipe, early_stopping=0), directory=job.directory / "patient"))
    assert patient.finished_epochs == 12


def test_rare_classes_weigh_more(few_digits):
    labels = torch.tensor([0] * 6 + [1] * 2)
    samples = Samples(few_digits.train.inputs[:8], labels)
    data = assembled("rare", ["a", "b"], samples, samples, split="made up")
    weights = class_weights(data)
    assert weights.tolist() == pytest.approx([8 / 12, 8 / 4])
    assert float(weights[labels].mean()) == pytest.approx(1.0)


def test_balanced_classes_change_what_is_learnt(job, train):
    data = job.task.data
    skewed = replace(job, task=ClassificationTask(replace(data, train=_mostly_first(data.train))))
    plain, balanced = (
        train(replace(skewed, directory=job.directory / str(on), recipe=replace(job.recipe, balanced_classes=on)))
        for on in (False, True)
    )
    assert plain.history[0].train_loss != balanced.history[0].train_loss


def _mostly_first(samples: Samples) -> Samples:
    first = samples.targets == 0
    return samples.at(torch.cat([first.nonzero()[:, 0]] * 3 + [(~first).nonzero()[:, 0]]))


def test_training_without_a_validation_part_keeps_the_last_epoch(job, train):
    train(replace(job, recipe=replace(job.recipe, validation_share=0.0, average_decay=0.0)))
    best, last = load_whole(job.best_path)["network"], load_whole(job.last_path)["network"]
    assert all(torch.equal(best[name], last[name]) for name in last)


def test_a_diverging_training_says_when_and_what_to_do(job, train):
    with pytest.raises(TrainingError, match=r"epoch 1; lower the learning rate \(1e\+30\)"):
        train(replace(job, recipe=replace(job.recipe, learning_rate=1e30, gradient_norm=0.0)))


def test_a_damaged_or_foreign_state_is_refused(job, train):
    train(replace(job, recipe=replace(job.recipe, epochs=2)))
    with pytest.raises(RunDirectoryError, match="other data or arguments"):
        train(replace(job, fingerprint="other arguments"))
    job.last_path.write_bytes(job.last_path.read_bytes()[:1000])
    with pytest.raises(RunDirectoryError, match=r"gone\.pt is not there any more; the same command"):
        load_whole(job.directory / "gone.pt")
    with pytest.raises(RunDirectoryError, match=r"last\.pt is damaged"):
        train(job)


@pytest.mark.parametrize("device", ["tpu", "cuda:99", "cuda:x"])
def test_a_device_that_is_not_there_is_refused(job, train, device):
    with pytest.raises(ConfigurationError, match="device"):
        train(replace(job, device=device))


def test_training_is_silent_and_reports_progress(job, train, capfd):
    seen: list[tuple[str, float, float, str]] = []

    class Listening:
        def update(self, task: str, completed: float, total: float, note: str = "") -> None:
            seen.append((task, completed, total, note))

    train(replace(job, tensorboard=True), Listening())
    assert capfd.readouterr() == ("", "")
    assert [entry[1] for entry in seen] == sorted(entry[1] for entry in seen)
    assert seen[-1][:3] == ("trial 3", 4, 4)
    assert "validation accuracy" in seen[-1][3]
    assert list(Path(job.directory / "tensorboard").glob("events*"))


@pytest.mark.parametrize("aware", [False, True], ids=["float", "quantization-aware"])
def test_training_a_users_own_network_is_safe(job, quick_recipe, aware):
    network = own_network()
    if aware:
        graph = lower(network.eval(), (1, 16, 16))
        network = FakeQuantizedNetwork(graph, calibrate(graph, [torch.rand(8, 1, 16, 16)]))
    with StridedPointwise() as strided:
        run_job(replace(job, until=1, recipe=quick_recipe), network, PruningPlan(PruningSchedule(), ()))
    assert strided.differentiated == 0


def plain_history(job: TrainingJob, network: torch.nn.Module) -> list[tuple[float, float]]:
    """Loss and accuracy of each epoch of a classification, trained by a loop that knows of no tasks."""
    data, recipe = job.task.data, job.recipe
    training, _ = training_and_validation(data, recipe.validation_share)
    network.to(memory_format=torch.channels_last)
    optimizer = build_optimizer(
        network, learning_rate=recipe.learning_rate, momentum=recipe.momentum, weight_decay=recipe.weight_decay
    )
    steps, history = len(training) // recipe.batch_size, []
    for epoch in range(recipe.epochs):
        torch.manual_seed(seed_of(job.seed, epoch))
        changes = torch.Generator().manual_seed(seed_of(job.seed + 1, epoch))
        order = torch.randperm(len(training), generator=torch.Generator().manual_seed(seed_of(job.seed, epoch)))
        lost, right = torch.zeros((), dtype=torch.float64), 0
        for step in range(steps):
            batch = training.at(order[step * recipe.batch_size : (step + 1) * recipe.batch_size])
            for group in optimizer.param_groups:
                group["lr"] = recipe.learning_rate_at(epoch * steps + step, steps)
            logits = network(
                data.prepared(recipe.augmentation(batch.inputs, changes)).contiguous(memory_format=torch.channels_last)
            )
            loss = torch.nn.functional.cross_entropy(logits, batch.targets, label_smoothing=recipe.label_smoothing)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), recipe.gradient_norm)
            optimizer.step()
            lost += loss.detach().double() * len(batch)
            right += int((logits.argmax(dim=1) == batch.targets).sum())
        history.append((float(lost / (steps * recipe.batch_size)), right / (steps * recipe.batch_size)))
    return history


def test_a_classification_trains_as_a_loop_that_knows_of_no_tasks(job, tiny_configuration):
    recipe = replace(job.recipe, epochs=2, average_decay=0.0, augmentation=Augmentation(shift=2, flip=True))
    job = replace(job, recipe=replace(recipe, label_smoothing=0.1))
    networks = []
    for _ in range(2):
        torch.manual_seed(job.seed)
        networks.append(build_mbednet(tiny_configuration, job.task.input_shape, 10))
    plan = PruningPlan(PruningSchedule(), networks[0].dimensions)
    state = run_job(job, networks[0], plan)
    assert [(row.train_loss, row.train_score) for row in state.history] == plain_history(job, networks[1])
    pairs = zip(networks[0].state_dict().values(), networks[1].state_dict().values(), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs), "the same bits"
