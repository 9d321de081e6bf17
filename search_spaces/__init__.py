"""The baseline architectures that the search chooses from."""

from search_spaces.pools import IMAGE_POOL, KERNELS, REFERENCES

__all__ = ["IMAGE_POOL", "KERNELS", "REFERENCES"]
