"""The baseline architectures by name, the kernels each searches, and each one's reference configuration."""

from collections.abc import Mapping

from prototypenas.protocols import Baseline
from prototypenas.types import Configuration
from search_spaces import (
    inceptiontime,
    mbednet,
    mbednet_1d,
    mbednet_detection,
    mbednet_yolo,
    mcunet,
    mlperf_tiny,
    mobilenet_v2,
    proxylessnas,
    resnet18,
    squeezenet,
)
from search_spaces.published import PublishedNetwork

IMAGE_POOL: Mapping[str, Baseline] = {
    "mobilenet_v2": mobilenet_v2.build_mobilenet_v2,
    "resnet18": resnet18.build_resnet18,
    "squeezenet": squeezenet.build_squeezenet,
    "mbednet": mbednet.build_mbednet,
    "proxylessnas": proxylessnas.build_proxylessnas,
    "mcunet": mcunet.build_mcunet,
}
"""Baselines over images `(C, H, W)`."""

TIME_SERIES_POOL: Mapping[str, Baseline] = {
    "inceptiontime": inceptiontime.build_inceptiontime,
    "mbednet1d": mbednet_1d.build_mbednet_1d,
}
"""Baselines over time series `(C, T)`."""

DETECTION_POOL: Mapping[str, Baseline] = {
    "mbednet_detection": mbednet_detection.build_mbednet_detection,
    "mbednet_yolo": mbednet_yolo.build_mbednet_yolo,
}
"""Baselines over images `(C, H, W)` that give raw predictions of several levels."""

KERNELS: Mapping[str, tuple[int, ...]] = {
    **dict.fromkeys((*IMAGE_POOL, *DETECTION_POOL), (3, 5, 7)),
    "inceptiontime": (9, 19, 39),
    "mbednet1d": (3, 5, 9),
}
"""Kernel sizes of the first spatial convolution that the search chooses from, by architecture."""

REFERENCES: Mapping[str, Configuration] = {
    "mobilenet_v2": mobilenet_v2.REFERENCE,
    "resnet18": resnet18.REFERENCE,
    "squeezenet": squeezenet.REFERENCE,
    "mbednet": mbednet.REFERENCE,
    "proxylessnas": proxylessnas.REFERENCE,
    "mcunet": mcunet.REFERENCE,
    "inceptiontime": inceptiontime.REFERENCE,
    "mbednet1d": mbednet_1d.REFERENCE,
    "mbednet_detection": mbednet_detection.REFERENCE,
    "mbednet_yolo": mbednet_yolo.REFERENCE,
}
"""The configuration nearest to each architecture's publication; their modules say what differs."""

PUBLISHED: Mapping[str, PublishedNetwork] = {
    **mobilenet_v2.PUBLISHED,
    **resnet18.PUBLISHED,
    **squeezenet.PUBLISHED,
    **proxylessnas.PUBLISHED,
    **mcunet.PUBLISHED,
    **inceptiontime.PUBLISHED,
    **mlperf_tiny.PUBLISHED,
}
"""Networks exactly as published, by name."""
