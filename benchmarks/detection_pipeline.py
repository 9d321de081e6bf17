"""Pictures with boxes a second of one core that augmentation prepares, and what reading them from files takes.

    OMP_NUM_THREADS=1 python -m benchmarks.detection_pipeline [--data-dir ~/coco]

Batches of 16 as training draws them, at 128 and 320 pixels, in processor time. With a folder of COCO also the time to
decode its persons, and to read them back the second time.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from evaluators.datasets.boxed_pictures import BoxedPictures
from evaluators.datasets.coco_persons import CocoPersons
from evaluators.detection.box_augmentation import STILL, BoxAugmentation
from prototypenas.detection.letterbox import Letterbox

BATCH, PICTURES, BOXES = 16, 64, 4
PLAIN = BoxAugmentation(mosaic=0.0)
KINDS = {
    "nothing": STILL,
    "mirroring": replace(STILL, flip=0.5),
    "colours": replace(STILL, hue=PLAIN.hue, saturation=PLAIN.saturation, value=PLAIN.value),
    "scale and shift": replace(STILL, scale=PLAIN.scale, translate=PLAIN.translate),
    "all but mosaics": PLAIN,
    "all": BoxAugmentation(),
}


def random_pictures(side: int) -> BoxedPictures:
    """Return pictures with four boxes each, three quarters of the input high."""
    generator = torch.Generator().manual_seed(0)
    corners = torch.rand((PICTURES * BOXES, 2), generator=generator) * side * 0.5
    boxes = torch.cat((corners, corners + side * 0.2), dim=1)
    return BoxedPictures(
        torch.randint(0, 256, (PICTURES, 3, side, side), dtype=torch.uint8, generator=generator),
        (Letterbox.of((3 * side, 4 * side), (side, side)),) * PICTURES,
        torch.arange(PICTURES + 1) * BOXES,
        boxes,
        torch.zeros(len(boxes), dtype=torch.int64),
        torch.zeros(len(boxes), dtype=torch.bool),
        torch.ones(len(boxes)),
        tuple(map(str, range(PICTURES))),
    )


def pictures_per_second(pictures: BoxedPictures, augmentation: BoxAugmentation) -> float:
    """Return the best of three rounds, in processor time."""
    generator = torch.Generator().manual_seed(0)
    rates = []
    for _ in range(3):
        started = time.process_time()
        for batch in pictures.batches(BATCH):
            augmentation(batch, generator)
        rates.append(len(pictures) / (time.process_time() - started))
    return max(rates)


def reading_seconds(folder: Path, side: int) -> tuple[float, float]:
    """Return the wall time of decoding the persons below a folder, and of reading what was kept."""
    for kept in folder.glob(f"prepared-3x{side}x{side}-*.npy"):
        kept.unlink()
    seconds = []
    for _ in range(2):
        started = time.perf_counter()
        CocoPersons().load(folder, input_shape=(3, side, side))
        seconds.append(time.perf_counter() - started)
    return seconds[0], seconds[1]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a row a size and kind."""
    parser = argparse.ArgumentParser(description="Speed of pictures with boxes.")
    parser.add_argument("--data-dir", type=Path, help="folder of COCO; its prepared pictures are made anew")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    for side in (128, 320):
        pictures = random_pictures(side)
        for name, augmentation in KINDS.items():
            print(f"{side} pixels, {name}: {pictures_per_second(pictures, augmentation):,.0f} pictures/s", flush=True)
        if options.data_dir is not None:
            first, again = reading_seconds(options.data_dir, side)
            print(f"{side} pixels: decoded in {first:.2f} s, read back in {again:.2f} s")


if __name__ == "__main__":
    main()
