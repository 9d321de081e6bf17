"""Costs as objectives and limits, our own and a user's, from a search to its selection, figures and report."""

import numpy as np
import pytest

import prototypenas as pn
from prototypenas.app.run_settings import settings_from
from prototypenas.reporting.front_figures import front_figure, parallel_figure
from tests.plugin_files.tiny_parts import toy

SPACE = pn.Space({"toy": toy}, input=(1, 16, 16), classes=4)


def mean_gradient(evidence):
    return float(sum(gradient.abs().mean() for gradient in evidence.gradients(0).values()))


def clock_share(priced):
    return priced.cost.macs / priced.target.clock_hz + len(priced.graph.operators)


def test_the_snippet_of_the_readme_runs_as_it_stands():
    my_proxy, space = mean_gradient, pn.Space(["mbednet"], input=(1, 16, 16), classes=2, widths="0.1-0.2")
    found = pn.explore(
        space,
        objectives=["flops", "meco_opt", my_proxy],
        limits={"ram": "256KiB", "latency": "50ms"},
        directory=None,
        trials=3,
    )
    assert [one.name for one in found.objectives] == ["flops", "meco_opt", "mean_gradient"]
    assert found.feasible and all(one.cost.latency_ms <= 50 for one in found.feasible)


def test_a_limit_on_latency_rejects_what_is_slower_and_names_it():
    free = pn.explore(SPACE, objectives=["latency", "params"], trials=20)
    limit = float(np.median([one.cost.latency_ms for one in free.feasible]))
    held = pn.explore(SPACE, objectives=["latency", "params"], limits={"latency": f"{limit}ms"}, trials=20)
    broken = [one for one in held.candidates if isinstance(one, pn.Rejected) and one.rejection.kind == "latency"]
    assert broken and all(one.cost.latency_ms > limit and "ms of latency" in one.rejection.detail for one in broken)
    assert held.feasible and all(one.cost.latency_ms <= limit for one in held.feasible)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    own = {"clock_share": pn.OwnCost(clock_share, unit="s"), "mean_gradient": mean_gradient}
    directory = tmp_path_factory.mktemp("runs") / "own"
    return pn.explore(
        SPACE,
        objectives=["latency", own, "ram"],
        limits={"clock_share": 1000, "macs": "100M"},
        directory=directory,
        trials=12,
    ), directory


def test_an_own_cost_sees_the_target_and_is_kept(kept):
    found, directory = kept
    assert [one.name for one in found.objectives] == ["latency", "clock_share", "ram", "mean_gradient"]
    for one in found.feasible:
        assert one.cost.own["clock_share"] == pytest.approx(one.cost.macs / 600e6, abs=50)
        assert one.cost.own["clock_share"] > 1
    read = pn.open(directory)
    assert read.candidates["cost:clock_share"].notna().sum() >= len(found.feasible)
    assert settings_from(read.directory.settings(), "run").target.limit == ["clock_share=1000", "macs=100M"]


def test_selection_figures_and_report_follow_the_objectives(kept):
    found, directory = kept
    run = pn.open(directory)
    selection = run.select(keep=2)
    assert selection.objectives == found.objectives == run.selection.objectives
    latencies = [one.cost.latency_ms for one in selection.front]
    assert latencies == sorted(latencies)
    for chosen in selection.chosen:
        assert not any(beats(one, chosen) for one in found.feasible)
    assert front_figure(found.candidates, selection).axes[0].get_xlabel() == "Latency [ms]"
    labels = [text.get_text() for text in parallel_figure(found.candidates, selection).axes[0].get_xticklabels()]
    assert labels[1] == "clock_share [s]\n(less ↑)" and labels[3] == "mean_gradient\n(more ↑)"
    page = run.report().read_text()
    assert "Latency [ms]" in page and "clock_share [s]" in page


def beats(one, other):
    mine, theirs = (
        (
            each.cost.latency_ms,
            each.cost.own["clock_share"],
            each.cost.footprint.ram_bytes,
            -each.scores["mean_gradient"],
        )
        for each in (one, other)
    )
    return mine != theirs and all(first <= second for first, second in zip(mine, theirs, strict=True))


def test_costs_alone_can_be_traded_off():
    found = pn.explore(SPACE, objectives=["latency", "rom"], trials=30, sampler="random")
    assert found.feasible and all(not one.scores for one in found.feasible)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"target": "rp2040", "limits": {"latency": "5ms"}}, "rp2040 has no latency model.*cortex-m7"),
        ({"target": "rp2040", "objectives": ["energy", "params"]}, "energy can be neither objective nor limit"),
        ({"objectives": ["flops", {"ram_bytes": mean_gradient}]}, "an objective is named ram_bytes"),
        ({"objectives": ["flops", {"odd": pn.OwnCost(lambda priced: float("nan"))}]}, "cost odd gave nan"),
        ({"objectives": ["flops", {"odd": pn.OwnCost(lambda priced: 1 / 0)}]}, "cost odd: ZeroDivisionError"),
        ({"objectives": ["flops", "flops"]}, "objective flops given more than once"),
        ({"limits": {"mean_gradient": 5}}, "unknown limit 'mean_gradient'"),
    ],
)
def test_what_cannot_be_compared_is_refused_at_once(arguments, said):
    with pytest.raises(pn.ConfigurationError, match=said):
        pn.explore(SPACE, trials=3, **arguments)
