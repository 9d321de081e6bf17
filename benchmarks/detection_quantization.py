"""What int8 costs a detector, by the way ranges are chosen: persons of COCO learnt by heart at 128 pixels.

    python -m benchmarks.detection_quantization --data-dir ~/coco256 --out runs/by-heart

The pictures are those learnt from: a few dozen teach nothing about others, so this tells whether training, quantization
and decoding work, not how well persons are found. The reference network, flips only, takes four minutes of one core.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch

from evaluators.datasets.coco_persons import CocoPersons
from evaluators.detection.box_augmentation import STILL
from evaluators.detection.detection_task import detection_evaluator
from evaluators.evaluator import TaskEvaluator, best_network
from evaluators.quantizing import quantized_network, simulated_outputs
from evaluators.training.suitable_recipe import RecipeOptions
from prototypenas.compression.calibration import OBSERVERS
from prototypenas.progress import Silent
from prototypenas.types import Candidate
from search_spaces import DETECTION_POOL, REFERENCES


def by_heart(data_dir: Path, size: int, epochs: int) -> TaskEvaluator:
    """Return the evaluator whose test part is what it learns from."""
    data = CocoPersons().load(data_dir, input_shape=(3, size, size))
    evaluator = detection_evaluator(replace(data, test=data.train), RecipeOptions(epochs=epochs))
    flips = replace(evaluator.task, augmentation=replace(STILL, flip=0.5))
    return replace(evaluator, task=flips, recipe=replace(evaluator.recipe, validation_share=0.0))


def main(arguments: Sequence[str] | None = None) -> None:
    """Train once, then quantize in each way and print mAP50."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    evaluator = by_heart(options.data_dir, options.size, options.epochs)
    baseline = DETECTION_POOL[options.baseline]
    candidate = Candidate(0, REFERENCES[options.baseline])
    result = evaluator.evaluate(
        candidate, baseline, directory=options.out, seed=options.seed, device="cpu", progress=Silent()
    )
    print(f"{options.baseline}, {options.epochs} epochs, {result.test_samples} pictures, {result.seconds:.0f} s")
    print(f"float     {result.float_score:.4f}")
    network = best_network(evaluator, candidate, baseline, options.out)
    for observer in OBSERVERS:
        plan = replace(evaluator.quantization, observer=observer)
        graph = quantized_network(network, evaluator.task, plan).to_integer_graph()
        outputs = simulated_outputs(graph, evaluator.task, evaluator.task.test)
        print(f"{observer:9} {evaluator.score(graph, outputs):.4f}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="mAP50 of a detector in float and in int8, by observer.")
    parser.add_argument("--data-dir", type=Path, required=True, help="folder with images/ and annotations/")
    parser.add_argument("--out", type=Path, required=True, help="where the trained model is kept")
    parser.add_argument("--baseline", choices=sorted(DETECTION_POOL), default="mbednet_detection")
    parser.add_argument("--size", type=int, default=128, help="edge of the input")
    parser.add_argument("--epochs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    return parser


if __name__ == "__main__":
    main()
