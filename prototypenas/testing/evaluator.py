"""What any evaluator must keep, to be run by whoever writes one."""

from pathlib import Path

import numpy as np
import torch

from prototypenas.compression.simulator import quantize_input, simulate_rows
from prototypenas.graph.graph_file import GRAPH, load_graph
from prototypenas.progress import Silent
from prototypenas.protocols import Baseline, Evaluator
from prototypenas.types import Candidate, Evaluation

FILES = ("checkpoint.pt", "last.pt", "history.csv", "metrics.json", GRAPH)
"""What `evaluate` leaves in the model's folder."""


def check_evaluator(evaluator: Evaluator, candidate: Candidate, baseline: Baseline, *, directory: Path) -> Evaluation:
    """Train `candidate` (choose a tiny one) in an empty `directory` and hold the evaluator to its contract.

    Raises:
        AssertionError: naming the clause that is broken.
    """
    _check_probe(evaluator)
    _check_test_batches(evaluator)
    evaluation = _evaluated(evaluator, candidate, baseline, directory)
    for name in FILES:
        _require((directory / name).is_file(), f"evaluate leaves {name}")
    for score in (evaluation.float_score, evaluation.fake_quantized_score, evaluation.int8_score):
        _require(0.0 <= score <= 1.0, f"scores are shares in [0, 1], not {score}")
    _check_repetition(evaluator, candidate, baseline, directory, evaluation)
    _check_int8_score(evaluator, directory, evaluation)
    return evaluation


def _check_probe(evaluator: Evaluator) -> None:
    first, again, other = (evaluator.probe(batch_size=4, seed=seed) for seed in (0, 0, 1))
    _require(first.sample.shape == (1, *evaluator.input_shape), "the probe's sample is one input")
    for batch, same, different in zip(first.batches, again.batches, other.batches, strict=True):
        _require(batch.inputs.shape == (4, *evaluator.input_shape), "probe batches have the size asked for")
        _require(torch.equal(batch.inputs, same.inputs), "the same seed draws the same probe")
        _require(not torch.equal(batch.inputs, different.inputs), "another seed draws another probe")


def _check_test_batches(evaluator: Evaluator) -> None:
    passes = [list(evaluator.test_batches(7)) for _ in range(2)]
    _require(bool(passes[0]), "there is test data")
    for inputs, same in zip(*passes, strict=True):
        _require(inputs.dtype == np.float32 and inputs.shape[1:] == evaluator.input_shape, "test inputs are float32")
        _require(0 < len(inputs) <= 7, "test batches have the size asked for")
        _require(bool(np.isfinite(inputs).all()), "test inputs are finite")
        _require(np.array_equal(inputs, same), "test order is fixed")


def _evaluated(evaluator: Evaluator, candidate: Candidate, baseline: Baseline, directory: Path) -> Evaluation:
    return evaluator.evaluate(candidate, baseline, directory=directory, seed=0, device="cpu", progress=Silent())


def _check_repetition(
    evaluator: Evaluator, candidate: Candidate, baseline: Baseline, directory: Path, evaluation: Evaluation
) -> None:
    written = {path: path.stat().st_mtime_ns for path in directory.rglob("*")}
    again = _evaluated(evaluator, candidate, baseline, directory)
    _require(again == evaluation, "a finished model gives the same evaluation again")
    untouched = {path: path.stat().st_mtime_ns for path in directory.rglob("*")}
    _require(untouched == written, "a finished model is not trained again")


def _check_int8_score(evaluator: Evaluator, directory: Path, evaluation: Evaluation) -> None:
    graph = load_graph(directory / GRAPH)
    _require(graph.input_shape == evaluator.input_shape, "the graph takes the evaluator's inputs")
    outputs = np.concatenate(
        [simulate_rows(graph, quantize_input(graph, inputs)) for inputs in evaluator.test_batches(64)]
    )
    _require(len(outputs) == evaluation.test_samples, "all test samples are counted")
    _require(
        evaluator.score(graph, outputs) == evaluation.int8_score,
        "int8_score is what the saved graph does on the test data",
    )


def _require(holds: bool, clause: str) -> None:
    if not holds:
        raise AssertionError(f"the evaluator breaks its contract: {clause}")
