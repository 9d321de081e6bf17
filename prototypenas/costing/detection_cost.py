"""What the boxes of a detector cost beside its network: tables, code and candidates, known from shapes alone."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

from prototypenas.errors import ConfigurationError
from prototypenas.graph.graph import Graph

CANDIDATE_BYTES = 12
"""`sizeof(detection_t)`; `detection.c` asserts it."""
CANDIDATES = 100
"""That are compared unless a head has fewer boxes."""
ANCHORS = 3
"""Of each level, YOLOv5's number."""
SIZES = "detection_code_sizes.toml"
"""Written by `benchmarks/detection_postprocessing.py`."""


def detection_rom_bytes(graph: Graph, core: str) -> int:
    """ROM of tables and code of a detector whose levels are the graph's outputs.

    Raises:
        ConfigurationError: for a core whose code was not measured.
    """
    levels = len(graph.outputs)
    return detection_table_bytes(levels, ANCHORS * levels) + detection_code_bytes(core)


def detection_ram_bytes(graph: Graph) -> int:
    """RAM of the candidates of a detector whose levels are the graph's outputs."""
    levels = [graph.tensors[name] for name in graph.outputs]
    return candidate_bytes(sum(ANCHORS * level.height * level.width for level in levels))


def candidate_bytes(boxes: int) -> int:
    """RAM of the candidates of a detector that predicts so many boxes."""
    return CANDIDATE_BYTES * min(CANDIDATES, boxes)


def detection_table_bytes(levels: int, anchors: int) -> int:
    """ROM of 256 scores a level, of its four numbers, and of the anchors' sides, uint16 each."""
    return levels * (2 * 256 + 2 * 4) + 4 * anchors


def detection_code_bytes(core: str, *, optimization: str = "O2") -> int:
    """ROM of `model_detect`, an upper bound measured with arm-none-eabi-gcc for several classes.

    Raises:
        ConfigurationError: for a core or optimization that was not measured.
    """
    sizes = _sizes()
    if core not in sizes or optimization not in sizes[core]:
        raise ConfigurationError(
            f"code size of boxes on {core} -{optimization} was not measured; measured are {', '.join(sizes)}"
        )
    return sizes[core][optimization]


@cache
def _sizes() -> Mapping[str, Mapping[str, int]]:
    text = resources.files("prototypenas.costing").joinpath(SIZES).read_text(encoding="utf-8")
    return tomllib.loads(text)["sizes"]  # type: ignore[no-any-return]
