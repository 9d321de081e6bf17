"""The four networks of MLPerf Tiny deploy from one command, and every core gives the simulator's bytes."""

import numpy as np
import pytest
import torch

from prototypenas.compression.simulator import quantize_input, simulate_rows
from prototypenas.costing.cores import CORES
from prototypenas.costing.targets import load_targets
from prototypenas.deployment.network_delivery import deploy_network
from prototypenas.deployment.toolchain import run_emulated
from prototypenas.graph.graph_file import GRAPH, load_graph
from search_spaces.mlperf_tiny import PUBLISHED
from tests.command_line.program import done
from tests.deployment.candidates import Linker, with_random_statistics


def samples(shape, count=8):
    return torch.randn(count, *shape, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", ["ds_cnn", "autoencoder"])
def test_one_command_deploys_it(name, tmp_path):
    shape = {"ds_cnn": (1, 49, 10), "autoencoder": (640,)}[name]
    calibration = tmp_path / "samples.npy"
    # Untrained, DS-CNN hardly tells samples apart unless they are large: its averages all come out alike.
    torch.manual_seed(0)
    np.save(calibration, 10 * samples(shape).numpy())
    network = ("deploy", f"search_spaces.mlperf_tiny:{name}", "--calibration", calibration)
    done(*network, "--target", "stm32l4r5", "--out", tmp_path / "c")
    assert "simulator in every byte | this machine" in (tmp_path / "c" / "model_card.md").read_text()


@pytest.fixture(scope="module")
def linker(tmp_path_factory):
    return Linker(tmp_path_factory.mktemp("objects"))


@pytest.mark.slow
@pytest.mark.emulator
@pytest.mark.parametrize("name", PUBLISHED)
def test_every_core_gives_the_bytes_of_the_simulator(name, linker, tmp_path):
    shape, classes = PUBLISHED[name].input_shape, PUBLISHED[name].num_classes
    torch.manual_seed(0)
    network = with_random_statistics(PUBLISHED[name].build(classes), shape)
    found = deploy_network(network, samples(shape), load_targets()["stm32l4r5"], tmp_path)
    assert found.proven_on == ("this machine",)
    graph = load_graph(tmp_path / GRAPH)
    given = quantize_input(graph, samples(shape, 2).numpy())
    expected = simulate_rows(graph, given)
    for core in CORES:
        outputs = run_emulated(linker.elf(tmp_path, core, "-O2"), core, given).outputs
        np.testing.assert_array_equal(outputs, expected, core)
