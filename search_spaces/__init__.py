"""The baseline architectures that the search chooses from, and the published networks they are compared with."""

from search_spaces.pools import DETECTION_POOL, IMAGE_POOL, KERNELS, PUBLISHED, REFERENCES, TIME_SERIES_POOL
from search_spaces.published import PublishedNetwork

__all__ = [
    "DETECTION_POOL",
    "IMAGE_POOL",
    "KERNELS",
    "PUBLISHED",
    "REFERENCES",
    "TIME_SERIES_POOL",
    "PublishedNetwork",
]
