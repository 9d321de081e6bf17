from dataclasses import replace

import pytest
import torch

from evaluators.classification import ClassificationTask, classification_evaluator
from evaluators.datasets.samples import Samples, assembled
from evaluators.evaluator import TaskEvaluator
from evaluators.quantizing import POST_TRAINING, QuantizationPlan
from evaluators.training.suitable_recipe import RecipeOptions
from prototypenas.errors import ConfigurationError, RunDirectoryError
from prototypenas.progress import Silent
from prototypenas.testing.evaluator import check_evaluator
from search_spaces.mbednet import build_mbednet
from search_spaces.mbednet_detection import build_mbednet_detection


@pytest.fixture
def evaluator(few_digits, quick_recipe) -> TaskEvaluator:
    return TaskEvaluator(ClassificationTask(few_digits), quick_recipe)


def test_the_contract_is_kept(evaluator, tiny_candidate, tmp_path):
    evaluation = check_evaluator(evaluator, tiny_candidate, build_mbednet, directory=tmp_path / "trial")
    assert evaluation.fake_quantized_score == evaluation.int8_score
    assert evaluation.test_samples == 90


def test_the_contract_is_kept_with_quantization_aware_epochs(evaluator, tiny_candidate, tmp_path):
    aware = replace(evaluator, quantization=QuantizationPlan(aware_epochs=2))
    evaluation = check_evaluator(aware, tiny_candidate, build_mbednet, directory=tmp_path)
    assert evaluation.fake_quantized_score == evaluation.int8_score
    noise = (tmp_path / "layers.csv").read_text().splitlines()
    assert noise[0].startswith("operator,tensor,snr_db,own_snr_db") and len(noise) > 5
    phases = [line.split(",")[0] for line in (tmp_path / "history.csv").read_text().splitlines()[1:]]
    assert phases == ["train"] * 4 + ["quantize"] * 2


def test_a_killed_evaluation_continues_in_the_quantization_phase(evaluator, tiny_candidate, tmp_path):
    aware = replace(evaluator, quantization=QuantizationPlan(aware_epochs=3))

    class Stop(BaseException):
        pass

    class CutInSecondPhase:
        seen = 0.0

        def update(self, task: str, completed: float, total: float, note: str = "") -> None:
            if total == 3 and completed >= 2:
                raise Stop

    def run(folder: str, progress: object) -> object:
        return aware.evaluate(
            tiny_candidate, build_mbednet, directory=tmp_path / folder, seed=1, device="cpu", progress=progress
        )

    with pytest.raises(Stop):
        run("broken", CutInSecondPhase())
    resumed, whole = run("broken", Silent()), run("whole", Silent())
    assert replace(resumed, seconds=0) == replace(whole, seconds=0)
    graphs = [(tmp_path / folder / "graph_int8.npz").read_bytes() for folder in ("broken", "whole")]
    assert graphs[0] == graphs[1]


def test_other_arguments_or_a_damaged_result_are_refused(evaluator, tiny_candidate, tmp_path):
    def run(seed: int) -> object:
        return evaluator.evaluate(
            tiny_candidate, build_mbednet, directory=tmp_path, seed=seed, device="cpu", progress=Silent()
        )

    first = run(0)
    (tmp_path / "graph_int8.npz").unlink()
    assert replace(run(0), seconds=0) == replace(first, seconds=0), "quantized again, as it was"
    assert (tmp_path / "graph_int8.npz").exists()
    with pytest.raises(RunDirectoryError, match="other data or arguments"):
        run(1)
    (tmp_path / "metrics.json").write_text("{")
    with pytest.raises(RunDirectoryError, match=r"metrics\.json is damaged"):
        run(0)


def test_an_architecture_that_gives_maps_is_refused(evaluator, tiny_candidate, tmp_path):
    with pytest.raises(ConfigurationError, match="mbednet has 3 outputs; a data set with classes wants one"):
        evaluator.evaluate(
            tiny_candidate, build_mbednet_detection, directory=tmp_path, seed=0, device="cpu", progress=Silent()
        )


def test_the_probe_never_shows_test_data(evaluator, few_digits):
    marked = Samples(torch.zeros_like(few_digits.test.inputs), few_digits.test.targets)
    probe = ClassificationTask(replace(few_digits, test=marked)).probe(batch_size=32, seed=0)
    assert all(float(batch.inputs.std()) > 0.1 for batch in probe.batches)
    train = few_digits.prepared(few_digits.train.inputs).flatten(1)
    distances = torch.cdist(probe.batches[0].inputs.flatten(1), train)
    assert float(distances.amin(dim=1).max()) < 1e-2


@pytest.mark.parametrize("count", [40, 10_000])
def test_calibration_never_reads_test_data(few_digits, count):
    marked = Samples(torch.zeros_like(few_digits.test.inputs), few_digits.test.targets)
    batches = ClassificationTask(replace(few_digits, test=marked)).calibration_inputs(count)
    drawn = torch.cat(batches).flatten(1)
    assert len(drawn) == min(count, len(few_digits.train))
    train = few_digits.prepared(few_digits.train.inputs).flatten(1)
    assert float(torch.cdist(drawn, train).amin(dim=1).max()) < 0.1


def test_series_are_quantized_in_training_and_images_afterwards(few_digits):
    series = Samples(torch.randn(40, 2, 16), torch.arange(40) % 2)
    data = assembled("series", ["a", "b"], series, series, split="made up")
    hundred = RecipeOptions(epochs=100)
    assert classification_evaluator(data, hundred).quantization.aware_epochs == 15, "the paper's"
    assert classification_evaluator(few_digits, hundred).quantization == POST_TRAINING
    assert classification_evaluator(few_digits, hundred, quantization="qat").quantization.aware_epochs == 15
    assert classification_evaluator(data, RecipeOptions(epochs=3), quantization="ptq").quantization == POST_TRAINING
    with pytest.raises(ConfigurationError, match="unknown quantization 'int4'"):
        classification_evaluator(data, hundred, quantization="int4")


def test_an_unknown_observer_is_refused():
    with pytest.raises(ConfigurationError, match="percentile"):
        QuantizationPlan(observer="percent")
