"""What the paper's Tables 2, 3 and 4 print, to stand beside ours."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class PaperTable:
    """Five selected models by ascending FLOPs, and their quantized test accuracy in percent by data set."""

    number: int
    trials: tuple[int, ...]
    architectures: tuple[str, ...]
    accuracy: Mapping[str, tuple[float, ...]]
    mflops: tuple[float, ...]
    rom_kb: tuple[float, ...]
    ram_kb: tuple[float, ...]
    latency_ms: tuple[float | None, ...]
    """As reported second-hand; the stored text has lost the row, as that of energy."""
    energy_mj: tuple[float | None, ...]


TABLE_2 = PaperTable(
    number=2,
    trials=(210, 283, 190, 311, 237),
    architectures=("MbedNet", "MbedNet", "SqueezeNet", "SqueezeNet", "MbedNet"),
    accuracy={
        "cifar10": (91.8, 92.5, 90.3, 90.0, 93.7),
        "cifar100": (67.4, 70.5, 66.5, 63.7, 72.3),
        "arxphotos314": (90.8, 95.4, 97.4, 79.5, 93.6),
        "flowers102": (88.9, 91.6, 82.9, 86.3, 93.3),
        "birds": (62.8, 65.7, 59.5, 55.6, 69.9),
        "pets-species": (99.8, 99.8, 97.5, 96.1, 99.9),
        "cars": (64.8, 64.1, 59.8, 55.2, 76.4),
        "gtsrb": (96.3, 96.1, 95.8, 97.0, 95.5),
    },
    mflops=(50.1, 70.0, 105.0, 147.5, 151.0),
    rom_kb=(605.4, 774.9, 758.4, 434.7, 356.5),
    ram_kb=(111.7, 118.3, 364.7, 281.6, 189.7),
    latency_ms=(None, None, None, None, 753.0),
    energy_mj=(None, None, None, None, 254.5),
)

TABLE_3 = PaperTable(
    number=3,
    trials=(224, 226, 73, 273, 347),
    architectures=("MbedNet", "MbedNet", "InceptionTime", "MbedNet", "InceptionTime"),
    accuracy={
        "bitbrain-sleep": (83.7, 87.2, 81.7, 88.0, 78.9),
        "mafaulda": (96.8, 98.3, 97.4, 97.8, 98.5),
        "daliac": (95.9, 97.1, 97.2, 97.0, 96.1),
    },
    mflops=(36.3, 43.2, 101.5, 123.5, 215.3),
    rom_kb=(149.0, 231.0, 571.0, 337.0, 978.0),
    ram_kb=(246.0, 244.0, 251.0, 252.0, 250.0),
    latency_ms=(None, None, None, None, 635.0),
    energy_mj=(None, None, None, None, None),
)

TABLE_4: Mapping[str, tuple[float, ...]] = {
    "cifar10": (0.0, 0.0, -0.2, 0.6, 0.0),
    "cifar100": (0.0, 0.0, -0.2, 0.6, 0.0),
    "arxphotos314": (0.0, 0.0, 0.2, -0.2, 0.0),
    "flowers102": (0.2, 0.2, -0.4, 0.4, 0.2),
    "birds": (0.0, 0.0, -0.2, 0.6, 0.0),
    "pets-species": (0.1, -0.4, 0.2, 0.8, -0.3),
    "cars": (-0.2, -0.2, 0.0, 0.8, -0.2),
    "gtsrb": (0.4, -0.4, 0.2, -0.2, -0.4),
    "bitbrain-sleep": (1.0, 0.8, -0.6, -0.4, -0.2),
    "mafaulda": (-0.2, 0.0, 0.6, 0.4, 0.6),
    "daliac": (0.1, -0.1, 0.3, 0.1, -0.1),
}
"""Kendall's tau of each of `TABLE_4_COLUMNS` with the quantized accuracy of the five models."""

TABLE_4_COLUMNS = ("meco", "naswot", "snip", "zico", "flops")

FIGURE_5: Mapping[int, tuple[float, float, str]] = {128: (38.0, 42.0, "about 0.4"), 320: (50.0, 55.0, "above 0.5")}
"""mAP50 in percent by input size, known second-hand only: the band drawn for it, and the words."""

ZOO_DETECTORS: tuple[tuple[str, int, float, int, int], ...] = (
    ("st_yololcv1", 192, 34.7, 166, 308),
    ("st_yololcv1", 224, 35.5, 217, 308),
    ("st_yololcv1", 256, 37.2, 278, 308),
    ("st_yoloxn d033 w025", 192, 38.2, 198, 1000),
    ("st_yoloxn d033 w025", 256, 44.9, 338, 1000),
    ("st_yoloxn d033 w025", 320, 51.2, 518, 1000),
    ("st_yoloxn d033 w025", 416, 54.8, 863, 1000),
    ("st_yoloxn d050 w040", 256, 50.1, 467, 2587),
)
"""Detectors of STM32's model zoo on COCO's persons, int8: name, input, AP50 in percent, KiB of RAM, KiB of flash.

AP50 is at an overlap of 0.5, with scores from 0.001, suppression at 0.5 and at most 100 boxes, as ours; older cards of
the zoo report it at 0.4 or 0.25 and are left out (stm32ai-modelzoo, object_detection)."""
