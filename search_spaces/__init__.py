"""The baseline architectures that the search chooses from."""

from search_spaces.pools import DETECTION_POOL, IMAGE_POOL, KERNELS, REFERENCES, TIME_SERIES_POOL

__all__ = ["DETECTION_POOL", "IMAGE_POOL", "KERNELS", "REFERENCES", "TIME_SERIES_POOL"]
