"""What a notebook does, on arrays, an architecture and a proxy of its own."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import TensorDataset

import prototypenas as pn
from prototypenas.costing.targets import load_targets
from tests.plugin_files.tiny_parts import toy


def mean_gradient(evidence):
    return float(sum(gradient.abs().mean() for gradient in evidence.gradients(0).values()))


@pytest.fixture(scope="module")
def squares():
    """Forty grey 16x16 images, half of them with a bright square; labels 0 and 1."""
    images = np.random.default_rng(0).integers(0, 90, (40, 1, 16, 16), dtype=np.uint8)
    images[::2, :, 4:10, 4:10] += 150
    return images, np.arange(40) % 2


@pytest.fixture(scope="module")
def parts():
    return {"architectures": {"toy": toy}, "objectives": ["flops", mean_gradient, "params"], "target": "stm32f746"}


@pytest.fixture(scope="module")
def searched(squares, parts, tmp_path_factory):
    return pn.search(squares, trials=6, out=tmp_path_factory.mktemp("runs") / "squares", **parts)


@pytest.fixture(scope="module")
def models(searched):
    searched.select(keep=1)
    return searched.train(epochs=2)


def test_candidates_are_a_table(searched):
    table = searched.candidates
    assert len(table) == 6 and table.index.name == "number"
    assert {"architecture", "flops", "ram_bytes", "mean_gradient", "params", "rejection"} <= set(table.columns)
    assert (table["architecture"] == "toy").all() and table["mean_gradient"].notna().any()


def test_the_same_call_reads_back_and_a_changed_one_is_refused(searched, squares, parts):
    again = pn.search(squares, trials=6, out=searched.path, **parts)
    assert again.candidates.equals(searched.candidates)
    with pytest.raises(pn.RunDirectoryError, match="num_classes was 2, now 3"):
        pn.search((squares[0], np.arange(40) % 3), trials=6, out=searched.path, **parts)


def test_a_model_predicts_what_its_c_does_and_its_module_is_the_trained_one(models, squares):
    (model,) = models
    assert model.classes == ("0", "1")
    images, _ = squares
    assert model.predict(images).shape == (40,)
    held_out = model.training.evaluator.task.data.test
    right = model.predict(held_out.inputs.numpy()) == held_out.targets.numpy()
    assert right.mean() == model.evaluation.int8_score
    with torch.no_grad():
        logits = model.module()(torch.from_numpy(model.prepared(held_out.inputs)))
    assert (logits.argmax(dim=1) == held_out.targets).float().mean() == pytest.approx(model.evaluation.float_score)
    # Pictures from 0 to 1 are the same pictures.
    assert (model.outputs(images / 255.0) == model.outputs(images)).all()


def test_a_model_is_deployed_where_it_is_wanted(models, tmp_path):
    delivered = models[0].deploy(tmp_path / "c")
    assert (tmp_path / "c" / "model.c").exists() and delivered.project == tmp_path / "c"


def test_a_run_is_opened_trained_and_reported_by_whoever_finds_it(searched, models):
    found = pn.open(searched.path)
    assert [model.number for model in found.models] == [model.number for model in models]
    assert found.models[0].evaluation == models[0].evaluation
    assert "1 selected, 1 trained" in repr(found)
    assert found.report().exists()
    # The network itself was defined by its maker, who has to bring it.
    with pytest.raises(pn.ConfigurationError, match="unknown architecture 'toy'"):
        found.extend(12)


def test_more_trials_continue_exactly(squares, parts, tmp_path):
    run = pn.search(squares, trials=4, out=tmp_path / "a", **parts)
    run.select(keep=1)
    run.extend(12)
    at_once = pn.search(squares, trials=12, out=tmp_path / "b", **parts)
    assert run.candidates.equals(at_once.candidates)
    assert run.select(keep=2).chosen == at_once.select(keep=2).chosen


def test_arrays_and_a_torch_data_set_are_the_same_data(squares, parts, tmp_path):
    pictures = torch.from_numpy(squares[0]).float() / 255.0
    run = pn.search(TensorDataset(pictures, torch.from_numpy(squares[1])), trials=2, out=tmp_path / "run", **parts)
    with np.load(run.settings.data.own_data) as kept:
        assert (kept["x"] == squares[0]).all() and (kept["y"] == squares[1]).all()


def test_exploring_in_memory_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    explored = pn.explore(
        pn.Space({"toy": toy}, input=(1, 16, 16), classes=2),
        objectives=["flops", {"size": lambda evidence: 1.0}],
        limits={"ram": "64KiB"},
        trials=5,
    )
    assert [one.name for one in explored.objectives] == ["flops", "size"] and len(explored.table) == 5
    assert "<table" in explored._repr_html_()
    assert not list(tmp_path.iterdir())


def test_a_network_is_priced():
    network = nn.Sequential(nn.Conv2d(3, 8, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 15 * 15, 4))
    priced = pn.measure(network, input=(3, 32, 32), target="rp2040")
    assert priced.macs == 8 * 27 * 15 * 15 + 8 * 15 * 15 * 4
    assert priced.fits and "fits" in repr(priced) and "<table" in priced._repr_html_()
    assert pn.measure("mcunet-in0").parameters == pn.measure("mcunet-in0", target=load_targets()["rp2040"]).parameters
    with pytest.raises(pn.ConfigurationError, match="give the shape"):
        pn.measure(network)


def test_everything_shows_itself(searched, models):
    assert "6 candidates for stm32f746" in repr(searched) and "<svg" in searched._repr_html_()
    assert "1 from" not in repr(searched.selection) and "front of" in repr(searched.selection)
    assert "<table" in searched.selection._repr_html_() and "<table" in models[0]._repr_html_()
    assert "toy, int8" in repr(models[0])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"data": "digts"}, "unknown data set 'digts'; did you mean digits"),
        ({"data": 7}, "data are int; give the name"),
        ({"target": "stm32f476"}, "unknown target 'stm32f476'"),
        ({"objectives": [lambda evidence: 1.0]}, "<lambda> is no name for objectives"),
        ({"objectives": ["mecco"]}, "unknown objective 'mecco'"),
        ({"limits": {"ramm": "1KiB"}}, "unknown limit 'ramm'; did you mean ram"),
        ({"limits": {"ram": "much"}}, "RAM is 'much'"),
    ],
)
def test_what_is_not_allowed_is_said_at_once(arguments, said, tmp_path):
    with pytest.raises(pn.ConfigurationError, match=said):
        pn.search(**{"data": "digits", "trials": 1, "out": tmp_path / "run", **arguments})
    with pytest.raises(pn.DatasetError, match="from -1 to 1"):
        pn.search((np.linspace(-1, 1, 512).reshape(2, 1, 16, 16), [0, 1]), out=tmp_path / "run")
