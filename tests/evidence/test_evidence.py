from itertools import permutations

import pytest
import torch
from torch import Tensor, nn

from prototypenas.errors import ProxyError
from prototypenas.evidence import Evidence, NetworkState, Watch, WatchingProxy, gaussian_probe


class Seen:
    """Counts calls of convolutions."""

    def __init__(self) -> None:
        self.calls = 0

    def wants(self, module: nn.Module) -> bool:
        return isinstance(module, nn.Conv2d)

    def see(self, module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        self.calls += 1


class CountingNet(nn.Module):
    """Counts its forward passes by batch size."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.ReLU(inplace=True), nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5), nn.Flatten()
        )
        self.head = nn.Linear(4 * 36, 5)
        self.passes: list[int] = []
        self.requires_grad_(False)

    def forward(self, inputs: Tensor) -> Tensor:
        self.passes.append(len(inputs))
        return self.head(self.body(inputs))


@pytest.fixture
def model() -> CountingNet:
    torch.manual_seed(0)
    return CountingNet().eval()


PROBE = gaussian_probe((3, 8, 8), 5, batch_size=4)
LONE, FIRST = Watch(Seen), Watch(Seen, batch=0)


def test_each_pass_runs_once_and_only_if_asked_for(model: CountingNet) -> None:
    evidence = Evidence(model, PROBE, [LONE, FIRST])
    assert model.passes == []
    evidence.gradients(0)
    evidence.gradients(0)
    assert evidence.watched(FIRST).calls == 1
    assert model.passes == [4]
    assert evidence.watched(LONE).calls == evidence.watched(LONE).calls == 1
    assert model.passes == [4, 1]


def test_a_watch_not_announced_gets_a_pass_of_its_own(model: CountingNet) -> None:
    evidence = Evidence(model, PROBE)
    evidence.gradients(0)
    assert evidence.watched(FIRST).calls == 1
    assert model.passes == [4, 4]


def test_gradients_are_those_of_backward_for_weights_alone(model: CountingNet) -> None:
    found = Evidence(model, PROBE).gradients(1)
    model.requires_grad_(True).train()
    model.body[3].eval()
    PROBE.loss(model(PROBE.batches[1].inputs.clone()), PROBE.batches[1].targets).backward()
    assert set(found) == {"body.1.weight", "head.weight"}
    for name, gradient in found.items():
        assert torch.allclose(gradient, model.get_parameter(name).grad, rtol=1e-4, atol=1e-6)  # type: ignore[arg-type]


def test_passes_leave_network_probe_and_random_state_as_they_were(model: CountingNet) -> None:
    before, random = NetworkState(model), torch.get_rng_state()
    inputs = [batch.inputs.clone() for batch in PROBE.batches]
    evidence = Evidence(model, PROBE, [LONE])
    evidence.gradients(0), evidence.gradients(1), evidence.watched(LONE), evidence.watched(FIRST)
    assert before.differences() == ()
    assert torch.equal(torch.get_rng_state(), random)
    assert all(torch.equal(batch.inputs, was) for batch, was in zip(PROBE.batches, inputs, strict=True))


def test_a_failing_pass_leaves_the_network_as_it_was(model: CountingNet) -> None:
    class Failing(Seen):
        def see(self, module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            raise ProxyError("no")

    before = NetworkState(model)
    with pytest.raises(ProxyError):
        Evidence(model, PROBE).watched(Watch(Failing, batch=0))
    assert before.differences() == ()


def test_what_is_seen_does_not_depend_on_the_order_of_asking(model: CountingNet) -> None:
    proxy = WatchingProxy(FIRST, lambda seen: float(seen.calls), "Calls of the first layer.")
    asks = (lambda e: e.gradients(0)["head.weight"].norm(), lambda e: e.gradients(1)["head.weight"].norm(), proxy)
    results = set()
    for order in permutations(range(3)):
        evidence = Evidence(model, PROBE)
        answers = {index: float(asks[index](evidence)) for index in order}
        results.add(tuple(answers[index] for index in range(3)))
    assert len(results) == 1


def test_a_batch_the_probe_lacks_is_an_error(model: CountingNet) -> None:
    with pytest.raises(ProxyError, match="batch 2 was asked for; the probe has 2"):
        Evidence(model, PROBE).gradients(2)
