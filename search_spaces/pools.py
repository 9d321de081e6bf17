"""The baseline architectures by name, the kernels each searches, and each one's reference configuration."""

from collections.abc import Mapping

from prototypenas.protocols import Baseline
from prototypenas.types import Configuration
from search_spaces import mbednet, mobilenet_v2

IMAGE_POOL: Mapping[str, Baseline] = {
    "mobilenet_v2": mobilenet_v2.build_mobilenet_v2,
    "mbednet": mbednet.build_mbednet,
}
"""Baselines over images `(C, H, W)`."""

_IMAGE_KERNELS = (3, 5, 7)

KERNELS: Mapping[str, tuple[int, ...]] = {
    **dict.fromkeys(IMAGE_POOL, _IMAGE_KERNELS),
}
"""Kernel sizes of the first spatial convolution that the search chooses from, by architecture."""

REFERENCES: Mapping[str, Configuration] = {
    "mobilenet_v2": mobilenet_v2.REFERENCE,
    "mbednet": mbednet.REFERENCE,
}
"""The configuration nearest to each architecture's publication; their modules say what differs."""
