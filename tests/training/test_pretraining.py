from dataclasses import replace

import pytest

from prototypenas.errors import RunDirectoryError
from prototypenas.runs.run_directory import RunDirectory
from prototypenas.runs.start_record import START_FILE, read_start
from prototypenas.training.pretraining import shared_configuration, shared_networks
from prototypenas.types import Candidate, Configuration, GroupConfiguration
from search_spaces.mbednet import build_mbednet

GROUP = GroupConfiguration(depth=1, kernel=3, stride=2, sparsity=0.4)


def configuration(width, depths, **changes):
    return Configuration("mbednet", width, tuple(replace(GROUP, depth=depth, **changes) for depth in depths))


def test_the_widest_is_made_as_deep_as_any():
    some = [configuration(0.3, (1, 4, 1, 2), kernel=7), configuration(0.5, (2, 1, 3, 1))]
    shared = shared_configuration(some, build_mbednet, (3, 64, 64))
    assert shared == configuration(0.5, (2, 4, 3, 2), sparsity=0.0)
    assert shared_configuration(some[:1], build_mbednet, (3, 64, 64)) == some[0].unpruned()


def test_a_group_stays_as_deep_as_its_maps_allow():
    """Padding 4 pixels on a map of 4 is the most there is: a second superblock behind the stride would see 2."""
    wide = configuration(0.5, (1, 1, 1, 1))
    wide = replace(wide, groups=(*wide.groups[:2], replace(GROUP, kernel=7), wide.groups[3]))
    deep = configuration(0.3, (2, 2, 3, 2))
    shared = shared_configuration([wide, deep], build_mbednet, (3, 32, 32))
    assert [group.depth for group in shared.groups] == [2, 2, 1, 2]


class Named:
    input_shape = (3, 64, 64)

    def identity(self, configuration, seed):
        return f"{configuration.width}-{seed}"


def test_each_architecture_has_one_network_and_another_choice_another_folder(tmp_path):
    run = RunDirectory(tmp_path)
    baselines = {"mbednet": build_mbednet, "other": build_mbednet}
    chosen = [
        Candidate(number, shape)
        for number, shape in enumerate(
            [
                configuration(0.5, (1, 1, 1, 1)),
                replace(configuration(0.25, (1, 1, 1, 1)), architecture="other"),
                configuration(0.75, (1, 1, 1, 1)),
            ]
        )
    ]
    networks = shared_networks(run, Named(), baselines, chosen, seed=3)
    assert {name: one.directory.name for name, one in networks.items()} == {
        "mbednet": "mbednet-0.75-3",
        "other": "other-0.25-3",
    }
    fewer = shared_networks(run, Named(), baselines, chosen[:2], seed=3)
    assert fewer["mbednet"].directory != networks["mbednet"].directory
    assert fewer["other"] == networks["other"]


def test_what_a_model_began_with_is_read_back_or_refused(tmp_path):
    assert read_start(tmp_path) is None
    (tmp_path / START_FILE).write_text('{"pretrained": "toy-1", "tensors_taken": 5, "tensors": 7}')
    assert read_start(tmp_path) == "begins with 5 of 7 tensors from pretrained/toy-1"
    (tmp_path / START_FILE).write_text("{}")
    with pytest.raises(RunDirectoryError, match="remove it"):
        read_start(tmp_path)
