"""What every test may ask for: real data, a GPU, an emulator; and what is skipped where one is missing."""

import os
import shutil
from pathlib import Path

import pytest
import torch

from prototypenas.exploration.space import SearchSpace

ROOT = Path(__file__).parent.parent
EMULATOR_TOOLS = ("arm-none-eabi-gcc", "qemu-system-arm")


def data_root() -> Path:
    return Path(os.environ.get("PROTOTYPENAS_DATA", ROOT.parent / "shared" / "data"))


def missing(marker: str) -> str | None:
    """Say why tests with this marker cannot run here."""
    if marker == "gpu" and not torch.cuda.is_available():
        return "no CUDA device"
    if marker == "dataset" and not data_root().is_dir():
        return f"no real data at {data_root()}; set PROTOTYPENAS_DATA"
    if marker == "emulator":
        absent = [tool for tool in EMULATOR_TOOLS if shutil.which(tool) is None]
        if absent and not os.environ.get("CI"):
            return f"not installed: {', '.join(absent)}"
    return None


def pytest_collection_modifyitems(items):
    reasons = {marker: missing(marker) for marker in ("gpu", "dataset", "emulator")}
    for item in items:
        for marker, reason in reasons.items():
            if reason and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def space() -> SearchSpace:
    """Two architectures with kernels of their own, as in the time-series pool."""
    return SearchSpace(("squat", "tall"), {"squat": (3, 5, 7), "tall": (9, 19, 39)})


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets."""
    return data_root()


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    torch.set_num_threads(1)
