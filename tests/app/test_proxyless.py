"""ProxylessNAS's search from Python and from the command line: refused early, or gone through to the C."""

import json

import pytest

import prototypenas as pn
from evaluators.proxyless import search_plan
from prototypenas.deployment.toolchain import toolchain_gap
from prototypenas.errors import ConfigurationError
from tests.command_line.program import PLUGIN, done, refused

QUARTERS = ("search-proxyless", "quarters", *PLUGIN, "--target", "stm32f746")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((), "either --latency 50ms or --macs 3M"),
        (("--latency", "50ms", "--macs", "3M"), "either --latency 50ms or --macs 3M"),
        (("--latency", "fast"), "latency is 'fast'"),
        (("--latency", "0ms"), "must be positive"),
        (("--latency", "9s"), "the networks of this space take"),
        (("--latency", "1us"), "the networks of this space take"),
        (("--latency", "5ms", "--space", "huge"), "unknown space 'huge'"),
        (("--latency", "5ms", "--cost-weight", "-1"), "weight of the cost is -1"),
        (("--latency", "5ms", "--cost-form", "add"), "form of the loss"),
        (("--latency", "5ms", "--held-out", "0"), "a share of 0 is held out"),
        (("--latency", "5ms", "--target", "rp2040"), "rp2040 has no latency model"),
        (("--latency", "5ms", "--pretrain", "somewhere"), "learns from nothing"),
        (("--latency", "5ms", "--input", "1x8x8"), "leaves nothing of a map of 1 pixel"),
    ],
)
def test_what_cannot_be_searched_is_refused_in_one_line(given, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert message in refused(*QUARTERS, *given)
    assert not list(tmp_path.iterdir())


def test_series_and_other_data_are_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="unknown data set"):
        pn.search_proxyless("nothing", latency=5, out=tmp_path)


@pytest.mark.slow
def test_a_network_is_searched_trained_delivered_and_read_back(tmp_path, monkeypatch):
    monkeypatch.setattr(search_plan, "STEPS_OF_EPOCH", 10)
    few = ("--warmup-epochs", "0", "--joint-epochs", "2", "--epochs", "1", "--calibrate", "--cost-weight", "4")
    out = tmp_path / "found"
    printed = done(*QUARTERS, *few, "--latency", "4ms", "--out", out)
    assert "found, 4.0 ms wanted" in printed
    summary = json.loads((out / "proxyless.json").read_text())
    costs = [one["cost"] for one in summary["searches"]]
    assert summary["searched"]["cost"] == min(costs, key=lambda cost: abs(cost - 4))
    assert len(costs) == 3 or abs(costs[-1] - 4) <= 0.4
    again = json.loads(done(*QUARTERS, *few, "--latency", "4ms", "--out", out, "--json"))
    assert again["choices"] == summary["searched"]["choices"]
    (model,) = again["models"]
    assert model["architecture"] == "proxyless-derived" and model["macs"] > 0
    if not toolchain_gap("cc"):
        assert model["c_score"] == model["int8_score"]
