import pytest

from prototypenas.devices import named_device, parsed_device
from prototypenas.errors import ConfigurationError


@pytest.mark.parametrize(
    ("device", "expected"), [("cpu", ("cpu", [0])), ("cuda", ("cuda", [0])), ("cuda:3", ("cuda", [3]))]
)
def test_a_device_has_a_kind_and_a_number(device, expected):
    assert named_device(device) == expected


@pytest.mark.parametrize("device", ["", "gpu", "tpu:0", "cuda:", "cuda:x", "cuda:-1", "CPU"])
def test_a_device_of_no_known_form_is_refused(device):
    with pytest.raises(ConfigurationError, match="cpu, cuda or cuda:<number>"):
        named_device(device)


def test_a_device_must_be_there_where_it_is_used(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    assert parsed_device("cuda:1") == ("cuda", [1])
    with pytest.raises(ConfigurationError, match="device cuda:2 is not there; 2 CUDA devices were found"):
        parsed_device("cuda:2")
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(ConfigurationError, match="device cuda is not there"):
        parsed_device("cuda")
    assert parsed_device("cpu") == ("cpu", [0])
