"""Networks are found by file or by function, and what is missing is named."""

import pytest
import torch
from torch import nn

from prototypenas.costing.network_reference import load_network
from prototypenas.errors import ConfigurationError
from prototypenas.graph.lowering import lower

SOURCE = """
from torch import nn

def build():
    return nn.Conv2d(3, 4, 3)

NETWORK = nn.Conv2d(3, 5, 3)
NUMBER = 7
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "networks_of_a_user.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_a_function_of_a_module_is_called(folder):
    assert load_network("networks_of_a_user:build").out_channels == 4
    assert load_network(f"{folder}/networks_of_a_user.py:build").out_channels == 4


def test_a_module_object_is_taken_as_it_is(folder):
    assert load_network("networks_of_a_user:NETWORK").out_channels == 5


def test_an_exported_program_is_loaded(tmp_path):
    program = torch.export.export(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), (torch.zeros(1, 3, 8, 8),))
    torch.export.save(program, tmp_path / "net.pt2")
    assert len(lower(load_network(str(tmp_path / "net.pt2")), (3, 8, 8)).operators) == 1


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("resnet", "is not `file.pt2`"),
        ("nowhere.pt2", "nowhere.pt2: no such file"),
        ("no_such_package:build", "no module no_such_package"),
        ("no_such_file.py:build", "no file no_such_file.py"),
        ("networks_of_a_user:missing", "networks_of_a_user has no missing"),
        ("networks_of_a_user:NUMBER", "gave a int; it must be a torch.nn.Module"),
    ],
)
def test_what_is_missing_is_named(folder, reference, message):
    with pytest.raises(ConfigurationError, match=message):
        load_network(reference)


def test_a_file_that_is_no_program_is_named(tmp_path):
    (tmp_path / "net.pt2").write_bytes(b"not a zip")
    with pytest.raises(ConfigurationError, match=r"net.pt2 is not an exported program"):
        load_network(str(tmp_path / "net.pt2"))
