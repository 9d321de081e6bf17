"""Where networks are scored and trained."""

import re

import torch

from prototypenas.choices import shortened
from prototypenas.errors import ConfigurationError


def parsed_device(device: str) -> tuple[str, list[int]]:
    """Return the kind of device, as Lightning calls it, and the devices' numbers.

    Raises:
        ConfigurationError: for a device that is unknown or not there.
    """
    kind, numbers = named_device(device)
    if kind == "cuda" and (not torch.cuda.is_available() or numbers[0] >= torch.cuda.device_count()):
        raise ConfigurationError(
            f"device {shortened(device)} is not there; {torch.cuda.device_count()} CUDA devices were found"
        )
    return kind, numbers


def named_device(device: str) -> tuple[str, list[int]]:
    """Return the same for a device of another machine, of which only the name can be checked here.

    Raises:
        ConfigurationError: for a device that is unknown.
    """
    kind, colon, index = device.partition(":")
    if kind not in ("cpu", "cuda") or (colon and not re.fullmatch("[0-9]{1,4}", index)):
        raise ConfigurationError(f"device {shortened(device)!r}; cpu, cuda or cuda:<number> is needed")
    return kind, [int(index or 0)]
