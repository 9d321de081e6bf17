import math
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import permutations
from multiprocessing import get_context

import numpy as np
import pytest
import torch
from torch import nn

from prototypenas.errors import ProxyError
from prototypenas.evidence import Evidence, NetworkState, gaussian_probe, score_prototype
from prototypenas.types import Batch, Configuration, GroupConfiguration, Probe
from prototypenas.workers.threads import computing_threads
from proxies import PAPER_ENSEMBLE, PROXIES
from search_spaces import DETECTION_POOL, IMAGE_POOL, TIME_SERIES_POOL

PROBE = gaussian_probe((3, 16, 16), 5, batch_size=4)


def build(seed: int) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU(inplace=True), nn.Dropout(0.5),
        nn.Conv2d(8, 6, 3, groups=2), nn.BatchNorm2d(6), nn.ReLU6(), nn.Flatten(), nn.Linear(6 * 144, 5),
    )  # fmt: skip


def score_all(seed: int, names: tuple[str, ...] = tuple(PROXIES)) -> dict[str, float]:
    return score_prototype(build(seed), PROBE, {name: PROXIES[name] for name in names})


def test_scores_do_not_depend_on_which_others_were_asked_for() -> None:
    together = score_all(0)
    assert list(together) == list(PROXIES)
    for name in PROXIES:
        assert score_all(0, (name,)) == {name: together[name]}
    for names in permutations(PAPER_ENSEMBLE):
        assert score_all(0, names) == {name: together[name] for name in names}


def test_scores_do_not_depend_on_candidates_before_or_on_workers() -> None:
    forward = [score_all(seed) for seed in range(3)]
    backward = [score_all(seed) for seed in reversed(range(3))]
    assert forward == backward[::-1]
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        assert list(pool.map(score_all, range(3))) == forward
        travelled = pool.submit(partial(score_prototype, proxies=PROXIES), build(0), PROBE)
        assert travelled.result() == forward[0]


def test_scores_do_not_depend_on_the_threads_around() -> None:
    with computing_threads(1):
        alone = score_all(0)
    for threads in (2, 3):
        with computing_threads(threads):
            assert score_all(0) == alone
            assert torch.get_num_threads() == threads


def test_a_proxy_that_changes_everything_disturbs_nobody() -> None:
    def vandal(evidence: Evidence) -> float:
        model = evidence.model
        for parameter in model.parameters():
            parameter.data.mul_(2.0)
            parameter.requires_grad_(False)
        model.eval()
        torch.manual_seed(99)
        return 1.0

    model = build(0)
    before, random = NetworkState(model), torch.get_rng_state()
    scores = score_prototype(model, PROBE, {"vandal": vandal, **PROXIES})
    assert before.differences() == ()
    assert torch.equal(torch.get_rng_state(), random)
    scores.pop("vandal")
    assert scores == score_all(0)


@pytest.mark.parametrize("precision", [torch.float32, torch.float64])
@pytest.mark.parametrize("contiguous", [True, False], ids=["contiguous", "strided"])
def test_each_proxy_scores_alike_alone_and_after_every_other(precision, contiguous) -> None:  # type: ignore[no-untyped-def]
    model, probe = build(0).to(precision), in_precision(PROBE, precision)
    if not contiguous:
        model.to(memory_format=torch.channels_last)
    alone = {name: score_prototype(model, probe, {name: PROXIES[name]})[name] for name in PROXIES}
    for first, second in permutations(PROXIES, 2):
        pair = score_prototype(model, probe, {first: PROXIES[first], second: PROXIES[second]})
        assert pair == {first: alone[first], second: alone[second]}


def in_precision(probe: Probe, precision: torch.dtype) -> Probe:
    batches = tuple(Batch(batch.inputs.to(precision), batch.targets) for batch in probe.batches)
    return Probe(probe.sample.to(precision), batches, probe.loss)


def test_what_a_proxy_writes_into_the_evidence_reaches_no_other() -> None:
    def scribbler(evidence: Evidence) -> float:
        for tensors in (evidence.gradients(0), evidence.gradients(1), evidence.weights):
            for tensor in tensors.values():
                tensor.zero_()
        evidence.probe.sample.zero_()
        for batch in evidence.probe.batches:
            batch.inputs.zero_()
            batch.targets.zero_()
        return 1.0

    scores = score_prototype(build(0), PROBE, {"scribbler": scribbler, **PROXIES})
    scores.pop("scribbler")
    assert scores == score_all(0)


def test_a_plain_function_is_a_proxy() -> None:
    def flatness(evidence: Evidence) -> float:
        with torch.no_grad():
            return -float(evidence.model(evidence.probe.batches[0].inputs).var())

    model = build(0)
    before = NetworkState(model)
    assert score_prototype(model, PROBE, {"flatness": flatness})["flatness"] < 0
    assert before.differences() == ()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_not_finite_is_an_error(value: float) -> None:
    with pytest.raises(ProxyError, match=f"bad: the score is {value}"):
        score_prototype(build(0), PROBE, {"bad": lambda evidence: value})


def leave(evidence: Evidence) -> float:
    sys.exit(0)


@pytest.mark.parametrize(
    ("proxy", "said"),
    [
        (lambda evidence: None, "the score is None"),
        (lambda evidence: "1.5", "the score is '1.5'"),
        (lambda evidence: 1 + 2j, r"the score is \(1\+2j\)"),
        (lambda evidence: np.complex64(1j), "the score is"),
        (lambda evidence: torch.ones(2), "the score is tensor"),
        (lambda: 1.0, "TypeError: .*takes 0 positional arguments"),
        (lambda evidence: evidence.nothing_there, "AttributeError: "),
        (lambda evidence: 1 / 0, r"ZeroDivisionError: division by zero \(test_scoring\.py, line"),
        (leave, "SystemExit: 0"),
    ],
)
def test_whatever_a_proxy_does_is_an_error_that_names_it(proxy, said: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ProxyError, match=f"^odd: {said}"):
        score_prototype(build(0), PROBE, {"odd": proxy})


@pytest.mark.parametrize("score", [True, 2, np.float32(1.5), torch.tensor(3), torch.ones(1, 1), np.ones((1, 1))])
def test_any_single_real_number_is_a_score(score) -> None:  # type: ignore[no-untyped-def]
    expected = score.item() if hasattr(score, "item") else float(score)
    assert score_prototype(build(0), PROBE, {"fine": lambda evidence: score}) == {"fine": expected}


def test_an_error_names_proxy_reason_and_configuration() -> None:
    groups = (GroupConfiguration(),) * 4
    model = IMAGE_POOL["mobilenet_v2"](Configuration("mobilenet_v2", 0.25, groups), (3, 32, 32), 5)
    for name, module in list(model.named_modules()):
        if isinstance(module, nn.ReLU | nn.ReLU6):
            parent, _, child = name.rpartition(".")
            setattr(model.get_submodule(parent), child, nn.Identity())
    probe = gaussian_probe((3, 32, 32), 5, batch_size=4)
    with pytest.raises(
        ProxyError, match=r"naswot: the network has no activation units \(Configuration\(architecture='mo"
    ):
        score_prototype(model, probe, {"naswot": PROXIES["naswot"]})


@pytest.mark.parametrize("name", PROXIES)
def test_weights_that_are_not_finite_are_an_error_or_do_not_matter(name: str) -> None:
    model = build(0)
    with torch.no_grad():
        model[0].weight.fill_(math.nan)  # type: ignore[operator, union-attr]
    if name in ("params", "flops", "channels", "fewest_channels", "zen_score"):
        assert math.isfinite(score_prototype(model, PROBE, {name: PROXIES[name]})[name])
    else:
        with pytest.raises(ProxyError, match=name):
            score_prototype(model, PROBE, {name: PROXIES[name]})


@pytest.mark.parametrize(
    ("pool", "shape"),
    [(IMAGE_POOL, (3, 64, 64)), (TIME_SERIES_POOL, (4, 256)), (DETECTION_POOL, (3, 64, 64))],
    ids=["image", "time series", "detection"],
)
def test_every_baseline_can_be_scored_by_every_proxy(pool, shape) -> None:  # type: ignore[no-untyped-def]
    groups = (GroupConfiguration(depth=1, stride=2, kernel=9 if pool is TIME_SERIES_POOL else 3),) * 4
    for architecture, baseline in pool.items():
        kernel_free = Configuration(architecture, 0.25, groups)
        model = baseline(kernel_free, shape, 6)
        scores = score_prototype(model, gaussian_probe(shape, 6, batch_size=4), PROXIES)
        assert all(map(math.isfinite, scores.values())), architecture


@pytest.mark.gpu
def test_cpu_and_cuda_agree() -> None:
    """NASWOT counts codes, which rounding can flip; ZiCo is ill-conditioned in float32 (docs/proxies.md)."""
    tolerance = {"naswot": 1e-3, "zico": 5e-2}
    on_cpu = score_all(0)
    on_cuda = score_prototype(build(0).cuda(), PROBE.to("cuda"), PROXIES)
    for name, score in on_cpu.items():
        assert on_cuda[name] == pytest.approx(score, rel=tolerance.get(name, 1e-2)), name
