"""A trained model handed over: proven where there are tools, and notes in their place where there are none."""

import shutil
from dataclasses import replace

import pytest

from prototypenas.compression.simulator import quantize_input, simulate_rows
from prototypenas.deployment import delivery
from prototypenas.deployment.delivery import ONNX, deliver
from prototypenas.errors import ConfigurationError, RunDirectoryError, ToolchainError
from prototypenas.graph.graph_file import GRAPH, save_graph
from prototypenas.runs.delivery_record import DELIVERY, read_delivery
from prototypenas.types import Execution
from tests.deployment.candidates import BOARD, random_candidate


class Evaluator:
    """Gives a candidate's inputs in two batches; the score is the share of samples whose first output is not -128."""

    def __init__(self, reals):
        self.reals = reals

    preparation = None

    def test_batches(self, batch):
        yield from (self.reals[:2], self.reals[2:])

    def score(self, graph, outputs):
        assert outputs.shape[1] == sum(graph.tensors[name].elements for name in graph.outputs)
        return float((outputs[:, 0] > -128).mean())


@pytest.fixture(scope="module")
def candidate():
    return random_candidate("time series", 1)


def delivered(candidate, directory, target=BOARD, *, emulate=False):
    save_graph(candidate.graph, directory / GRAPH)
    return deliver(directory, Evaluator(candidate.reals), target, name="net", emulate=emulate)


def test_application_processor_gets_c_and_onnx_and_a_note(candidate, tmp_path):
    found = delivered(candidate, tmp_path, replace(BOARD, core="cortex-a76"))
    assert found.test_samples == 3 and found.c_score is not None and not found.measured_bytes
    assert found.planned_bytes["arena"] == candidate.plan.total_bytes
    assert "was not measured" in found.notes[0] and (tmp_path / ONNX).exists()
    assert read_delivery(tmp_path) == found
    card = (tmp_path / "model_card.md").read_text()
    assert f"{found.c_score:.4f} on all 3 test samples" in card and "was not measured" in card
    with pytest.raises(ToolchainError, match="nothing to emulate"):
        delivered(candidate, tmp_path, replace(BOARD, core="cortex-a76"), emulate=True)


def test_another_target_gets_c_of_its_own_and_the_model_stays_as_it_is(candidate, tmp_path):
    model, out = tmp_path / "model", tmp_path / "out"
    model.mkdir()
    first = delivered(candidate, model)
    before = {path: path.read_bytes() for path in model.rglob("*") if path.is_file()}
    other = replace(BOARD, core="cortex-m4", execution=Execution.ROWS)
    found = deliver(model, Evaluator(candidate.reals), other, name="net", emulate=False, out=out)
    assert found.c_score == first.c_score and found.planned_bytes["constants"] > first.planned_bytes["constants"]
    assert "model_push_sample" in (out / "c" / "model.h").read_text() and (out / ONNX).exists()
    assert {path: path.read_bytes() for path in model.rglob("*") if path.is_file()} == before
    small = replace(BOARD, name="tiny", rom_bytes=4096)
    with pytest.raises(ConfigurationError, match=r"takes [\d,]+ bytes of ROM; tiny has 4,096"):
        deliver(model, Evaluator(candidate.reals), small, name="net", emulate=False, out=out)


def test_networks_of_several_outputs_are_scored_by_their_evaluator_too(tmp_path):
    candidate = random_candidate("detection", 0)
    found = delivered(candidate, tmp_path)
    outputs = simulate_rows(candidate.graph, quantize_input(candidate.graph, candidate.reals))
    assert found.c_score == Evaluator(None).score(candidate.graph, outputs) and found.test_samples == 3


def test_without_tools_there_are_notes_that_name_the_packages(candidate, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda program: None)
    found = delivered(candidate, tmp_path)
    assert found.c_score is None and not found.measured_bytes
    assert "package is gcc" in found.notes[0] and "gcc-arm-none-eabi" in found.notes[1]


@pytest.mark.parametrize("sample", range(3))
def test_c_that_differs_in_one_byte_of_one_sample_is_not_delivered(candidate, tmp_path, monkeypatch, sample):
    def wrong(directory, inputs, **options):
        found = run_host(directory, inputs, **options)
        found[sample, 0] ^= 1
        return found

    run_host = delivery.run_host
    monkeypatch.setattr(delivery, "run_host", wrong)
    with pytest.raises(ToolchainError, match="differs from the simulator on 1 of 3 test samples"):
        delivered(candidate, tmp_path)
    assert not (tmp_path / DELIVERY).exists()


def test_untrained_folder_is_refused(candidate, tmp_path):
    with pytest.raises(RunDirectoryError, match="no trained model"):
        deliver(tmp_path, Evaluator(candidate.reals), BOARD, name="net", emulate=False)


@pytest.mark.parametrize(
    "content",
    ['{"c_score": 0.5, "notes": null}', '{"c_score": 0.5, "measured_bytes": {"arena": 3}}', '{"accuracy": 0.5}', "{}"],
)
def test_a_damaged_record_is_named_with_what_to_do(content, tmp_path):
    (tmp_path / DELIVERY).write_text(content)
    with pytest.raises(RunDirectoryError, match=r"delivery\.json is damaged .* remove it to deploy again"):
        read_delivery(tmp_path)


@pytest.mark.emulator
def test_emulated_delivery_is_measured_and_counted_by_layer(candidate, tmp_path):
    found = delivered(candidate, tmp_path, emulate=True)
    assert found.measured_bytes == found.planned_bytes
    assert found.emulated_samples == 3 and len(found.layer_instructions) > 3
    assert read_delivery(tmp_path).layer_instructions == found.layer_instructions
