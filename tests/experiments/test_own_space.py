import os
import signal

import pandas as pd
import pytest
import torch
from torch import nn

from evaluators.augmentation import Augmentation
from evaluators.datasets.samples import Samples, assembled
from experiments import own_space
from experiments.own_space import Job, Room, jobs, load, load_trainings
from experiments.own_space_networks import DRAWS_BY_DATA, Draw, configuration_of, networks
from experiments.own_space_training import Epoch, Schedule, parts, train
from prototypenas.errors import ConfigurationError
from search_spaces import IMAGE_POOL

ORDERED = {
    data: pd.DataFrame(
        {
            "network": [f"{data}-{family}-{stratum:02}" for stratum in range(draw.strata) for family in draw.pool],
            "architecture": [family for _ in range(draw.strata) for family in draw.pool],
        }
    )
    for data, draw in DRAWS_BY_DATA.items()
}


def tiny_data(groups=None):
    torch.manual_seed(0)
    targets = torch.arange(96) % 2
    images = (targets.view(-1, 1, 1, 1) * 200 + torch.randint(0, 40, (96, 1, 8, 8))).to(torch.uint8)
    samples = Samples(images, targets)
    return assembled("tiny", ("dark", "light"), samples, samples, split="none", train_groups=groups)


def test_networks_are_drawn_once_one_a_stratum_and_read_back_alike(tmp_path, monkeypatch):
    draw = Draw({"mbednet": IMAGE_POOL["mbednet"]}, (3, 32, 32), 10, strata=4, flops=(0.5e6, 6e6), seed=1)
    monkeypatch.setitem(DRAWS_BY_DATA, "cifar10", draw)
    first = networks("cifar10", tmp_path / "networks.csv")
    assert sorted(first["network"]) == [f"cifar10-mbednet-0{stratum}" for stratum in range(4)]
    assert first["flops"].between(0.5e6, 6e6).all()
    by_stratum = first.sort_values("network")["flops"]
    assert by_stratum.is_monotonic_increasing
    assert networks("cifar10", tmp_path / "networks.csv").equals(first)
    assert configuration_of(first.iloc[0].to_dict()).architecture == "mbednet"


def test_every_set_is_spread_over_the_whole_order_and_every_job_comes_once():
    order = list(jobs(ORDERED))
    assert len(set(order)) == len(order)
    half = order[: sum(map(len, ORDERED.values())) // 2]
    for data, table in ORDERED.items():
        assert abs(sum(job.data == data for job in half) - len(table) / 2) <= 1
    assert sum(job.schedule == "long" for job in order) == 6
    assert sum(job.seed == 1 for job in order) == own_space.SECOND_SEEDS


def test_training_learns_repeats_itself_and_tells_of_every_epoch():
    torch.set_num_threads(1)
    schedule = Schedule(64, 32, 3, 16, Augmentation(shift=1), watched=16)
    data = tiny_data()

    def trained():
        torch.manual_seed(0)
        network = nn.Sequential(
            nn.Conv2d(1, 8, 3, stride=2), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(72, 2)
        )
        epochs = list(train(network, data, schedule, parts(data, schedule), seed=0))
        return [(epoch.epoch, epoch.loss, epoch.accuracy) for epoch in epochs]

    first = trained()
    assert [epoch for epoch, _, _ in first] == [1, 2, 3]
    assert first[-1][1] < first[0][1]
    assert first[-1][2] == 1.0
    assert trained() == first


def test_samples_held_out_are_others_and_whole_groups_where_there_are_groups():
    kept, held = parts(tiny_data(), Schedule(64, 32, 1, 16, Augmentation()))
    assert (len(kept), len(held)) == (64, 32)
    seen = {image.numpy().tobytes() for image in kept.inputs}
    assert not any(image.numpy().tobytes() in seen for image in held.inputs)
    grouped = tiny_data(torch.arange(96) // 32)
    kept, held = parts(grouped, Schedule(96, 96, 1, 16, Augmentation()))
    assert (len(kept), len(held)) == (64, 32)


def test_a_training_whose_process_dies_is_told_of_and_the_others_go_on(monkeypatch):
    epoch = Epoch(1, 1.0, 0.5, 0.5, 1.0)

    def answer(self, job):
        if job.network == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        return [epoch]

    monkeypatch.setattr(Room, "train", answer)
    todo = [Job("cifar10", name, "short", 0) for name in ("first", "dies", "last")]
    found = {job.network: epochs for job, epochs in own_space._trained(todo, Room({}, {}, {}), 1)}
    assert found == {"first": [epoch], "dies": None, "last": [epoch]}


def test_the_table_has_a_row_a_trained_network_with_its_last_accuracy(tmp_path):
    names = ["digits-mbednet-00", "digits-mbednet-01"]
    pd.DataFrame({"network": names, "flops": [1, 2]}).to_csv(tmp_path / "own_space_digits_networks.csv", index=False)
    path = tmp_path / "own_space_digits_trainings.csv"
    for seed in (0, 1):
        epochs = [Epoch(number, 1 / number, 0.1 * number, 0.1 * number + seed, 2.0) for number in range(1, 7)]
        own_space._append(path, Job("digits", names[0], "short", seed), epochs)
    table = load("digits", tmp_path)
    assert list(table["network"]) == names[:1]
    assert table["accuracy"].item() == pytest.approx(0.6)
    assert table["loss_2"].item() == pytest.approx(0.5)
    assert table["cpu_seconds"].item() == pytest.approx(12.0)
    assert len(load_trainings("digits", tmp_path)) == 12
    assert own_space._done(path) == {(names[0], "short", 0), (names[0], "short", 1)}
    with pytest.raises(ConfigurationError, match=r"pets has no table.*cifar10"):
        load("pets", tmp_path)
