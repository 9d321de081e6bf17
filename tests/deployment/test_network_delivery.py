"""Any network to C in one call; what is wrong with it or its samples is said at once."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
import torchvision
from torch import nn

from prototypenas.costing.targets import load_targets
from prototypenas.deployment.network_delivery import deploy_network, load_calibration
from prototypenas.errors import ConfigurationError, DatasetError, LoweringError
from prototypenas.types import Execution

NETWORKS = ("mobilenet_v3_small", "efficientnet_b0", "shufflenet_v2_x0_5", "regnet_x_400mf", "mnasnet0_5")
ARM = shutil.which("arm-none-eabi-gcc") is not None


def target(name="stm32f746", **limits):
    return replace(load_targets()[name], **limits)


def small():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(2, 4, 3), nn.SiLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))


def samples(count=16, shape=(2, 8, 8)):
    return torch.randn(count, *shape, generator=torch.Generator().manual_seed(1))


def test_a_network_is_written_proven_and_measured(tmp_path):
    found = deploy_network(small(), samples(), target(), tmp_path, name="mine", prefix="mine")
    assert (tmp_path / "mine.c").exists() and (tmp_path / "model_int8.onnx").exists()
    assert found.proven_on == ("this machine",)
    assert len(found.noise) == len(found.graph.operators) == 4
    assert found.snr_db > 20
    card = (tmp_path / "model_card.md").read_text()
    assert f"{found.cost.footprint.ram_bytes:,} bytes, stack included" in card and f"{found.snr_db:.1f} dB" in card
    assert "8x8x2 (height, width, channels)" in card and "1x1x3 of int8" in card and "this machine" in card
    assert "4 layers" in repr(found) and found.observer in repr(found)


def test_the_input_can_come_by_rows_and_tensors_can_be_aligned(tmp_path):
    by_rows = replace(target(), execution=Execution.ROWS)
    found = deploy_network(small(), samples(), by_rows, tmp_path, alignment=32)
    assert found.plan.streamed_input and found.plan.alignment == 32
    assert "#define MODEL_ARENA_ALIGNMENT 32" in (tmp_path / "model.h").read_text()
    assert found.proven_on == ("this machine",)


def test_the_observer_of_least_noise_is_taken(tmp_path):
    """One wild value a million times the rest ruins min-max; whatever is chosen loses no more than any other."""
    torch.manual_seed(0)
    network = small()
    with torch.no_grad():
        network[0].weight[0] *= 40
    found = deploy_network(network, samples(64), target(), tmp_path)
    from prototypenas.compression.observer_choice import quantize_with_least_noise
    from prototypenas.graph.lowering import lower

    choice = quantize_with_least_noise(lower(network, (2, 8, 8)), [samples(64)])
    assert choice.snr_db[choice.observer] == max(choice.snr_db.values()) == pytest.approx(found.snr_db)
    assert set(choice.snr_db) == {"min-max", "percentile", "mse"}


@pytest.mark.skipif(not ARM, reason="gcc-arm-none-eabi is not installed")
def test_a_model_beyond_the_emulated_board_is_measured_all_the_same(tmp_path):
    wide = nn.Sequential(nn.Flatten(), nn.Linear(2 * 8 * 8, 4400), nn.ReLU(), nn.Linear(4400, 3))
    found = deploy_network(wide, samples(), target("stm32n6"), tmp_path)
    assert found.cost.footprint.rom_bytes > 512 * 1024 and not found.notes


def test_bad_samples_are_refused_at_once(tmp_path):
    with pytest.raises(ConfigurationError, match="3 calibration samples; at least 8"):
        deploy_network(small(), samples(3), target(), tmp_path)
    with pytest.raises(ConfigurationError, match="wanted are"):
        deploy_network(small(), torch.zeros(16), target(), tmp_path)
    with pytest.raises(DatasetError, match="every calibration value is"):
        deploy_network(small(), torch.full((16, 2, 8, 8), 0.5), target(), tmp_path)
    with pytest.raises(DatasetError, match="not finite"):
        deploy_network(small(), samples() * float("nan"), target(), tmp_path)
    with pytest.raises(LoweringError, match="5 channels"):
        deploy_network(small(), samples(16, (5, 8, 8)), target(), tmp_path)
    dead = nn.Sequential(nn.Conv2d(2, 1, 1), nn.Flatten(), nn.Linear(64, 2))
    nn.init.zeros_(dead[2].weight)
    with pytest.raises(DatasetError, match="same output"):
        deploy_network(dead, samples(), target(), tmp_path)


def test_calibration_files_are_arrays(tmp_path):
    np.save(tmp_path / "a.npy", samples().numpy())
    np.savez(tmp_path / "b.npz", x=samples().numpy())
    np.savez(tmp_path / "c.npz", y=np.zeros(3))
    np.testing.assert_array_equal(load_calibration(tmp_path / "a.npy"), load_calibration(tmp_path / "b.npz"))
    with pytest.raises(DatasetError, match="no array x"):
        load_calibration(tmp_path / "c.npz")
    with pytest.raises(DatasetError, match="no array of calibration"):
        load_calibration(tmp_path / "missing.npy")
    with pytest.raises(DatasetError, match="the network takes"):
        load_calibration(tmp_path / "a.npy", (3, 8, 8))


def test_a_refusal_names_every_module_without_an_operator(tmp_path):
    class Transformer(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Conv1d(2, 4, 1)
            self.attention = nn.MultiheadAttention(4, 1, batch_first=True)
            self.norm = nn.LayerNorm(4)
            self.memory = nn.GRU(4, 4, batch_first=True)

        def forward(self, inputs):
            values = self.norm(self.first(inputs).transpose(1, 2))
            return self.memory(self.attention(values, values, values)[0])[0]

    with pytest.raises(LoweringError) as refusal:
        deploy_network(Transformer(), samples(16, (2, 9)), target(), tmp_path)
    for part in ("attention (MultiheadAttention)", "norm (LayerNorm)", "memory (GRU)"):
        assert part in str(refusal.value)


def test_a_network_larger_than_the_target_is_refused_with_both_sizes(tmp_path):
    with pytest.raises(ConfigurationError, match=r"takes [\d,]+ bytes of ROM; stm32f746 has 2,000"):
        deploy_network(small(), samples(), target(rom_bytes=2000), tmp_path / "c")
    with pytest.raises(ConfigurationError, match=r"takes [\d,]+ bytes of RAM; stm32f746 has 100"):
        deploy_network(small(), samples(), target(ram_bytes=100), tmp_path / "c")
    assert not (tmp_path / "c").exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_torchvision_networks_deploy(name, tmp_path):
    torch.manual_seed(0)
    network = getattr(torchvision.models, name)(weights=None, num_classes=10)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = 1.0  # one batch gives its statistics, so that samples still differ at the end
    with torch.no_grad():
        network.train()(torch.randn(8, 3, 32, 32))
    found = deploy_network(network.eval(), samples(8, (3, 32, 32)), target(rom_bytes=None), tmp_path)
    assert found.proven_on == ("this machine",) and not found.notes
