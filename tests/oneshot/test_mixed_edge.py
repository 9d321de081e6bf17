"""Gradients and masses of one place of the over-parameterised network, held against autograd and enumeration."""

from itertools import permutations

import pytest
import torch
from torch import nn

from prototypenas.oneshot.mixed_edge import MixedEdge


def edge_of(count: int, *, seed: int = 0) -> MixedEdge:
    torch.manual_seed(seed)
    edge = MixedEdge({f"op{place}": nn.Linear(3, 3, dtype=torch.float64) for place in range(count)})
    with torch.no_grad():
        edge.alpha.copy_(torch.randn(count, dtype=torch.float64))
    return edge


def gradient_of(edge: MixedEdge, inputs: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """The gradient by alpha of a loss that is linear in the edge's output."""
    (by_gates,) = torch.autograd.grad((edge(inputs) * weights).sum(), [edge.gates])
    return edge.gate_gradient(by_gates)


def test_the_gate_gradient_of_two_candidates_is_that_of_their_weighted_sum():
    edge = edge_of(2)
    inputs, weights = torch.randn(4, 3, dtype=torch.float64), torch.randn(4, 3, dtype=torch.float64)
    found = torch.zeros(2, dtype=torch.float64)
    for active, other in ((0, 1), (1, 0)):
        edge.choose(active, other)
        found += gradient_of(edge, inputs, weights) / 2
    outputs = torch.stack([candidate(inputs).detach() for candidate in edge.candidates])
    mixed = (edge.alpha.softmax(0)[:, None, None] * outputs).sum(0)
    (wanted,) = torch.autograd.grad((mixed * weights).sum(), [edge.alpha])
    assert torch.allclose(found, wanted, atol=1e-6)


def test_pairs_are_drawn_by_their_probabilities_and_the_mean_gradient_is_the_formulas():
    edge = edge_of(3)
    inputs, weights = torch.randn(4, 3, dtype=torch.float64), torch.randn(4, 3, dtype=torch.float64)
    chances = edge.probabilities().detach()
    wanted, probability = torch.zeros(3, dtype=torch.float64), {}
    for active, other in permutations(range(3), 2):
        drawn = sum(
            chances[first] * chances[second] / (1 - chances[first])
            for first, second in ((active, other), (other, active))
        )
        within = chances[active] / (chances[active] + chances[other])
        edge.choose(active, other)
        wanted += drawn * within * gradient_of(edge, inputs, weights)
        probability[active, other] = float(drawn * within)
    generator, count, seen = torch.Generator().manual_seed(1), 1500, dict.fromkeys(probability, 0)
    for _ in range(count):
        edge.draw_two(generator)
        seen[edge.active, edge.other] += 1
    for pair, share in probability.items():
        assert seen[pair] / count == pytest.approx(share, abs=4 * (share * (1 - share) / count) ** 0.5)
    drawn = torch.zeros(3, dtype=torch.float64)
    for (active, other), times in seen.items():
        edge.choose(active, other)
        drawn += times / count * gradient_of(edge, inputs, weights)
    assert torch.allclose(drawn, wanted, atol=0.2 * float(wanted.abs().max()))
    assert float(wanted.sum()) == pytest.approx(0, abs=1e-12)


def test_a_step_changes_only_the_pair_and_keeps_its_mass():
    edge = edge_of(5)
    optimizer = torch.optim.Adam([edge.alpha], lr=0.05, betas=(0.0, 0.999))
    generator = torch.Generator().manual_seed(0)
    for _ in range(20):
        edge.draw_two(generator)
        pair, before = [edge.active, edge.other], edge.alpha.detach().clone()
        mass = edge.probabilities().detach()[pair].sum()
        edge.alpha.grad = edge.gate_gradient(torch.randn(2))
        optimizer.step()
        edge.rescale(before)
        assert float(edge.probabilities().detach()[pair].sum()) == pytest.approx(float(mass), abs=1e-7)
        rest = [place for place in range(5) if place not in pair]
        assert torch.equal(edge.alpha[rest], before[rest]) and not torch.equal(edge.alpha[pair], before[pair])


def test_probabilities_within_a_pair_are_differentiated_within_it():
    edge = edge_of(4)
    edge.choose(1, 3)
    (gradient,) = torch.autograd.grad(edge.pair_probabilities()[1], [edge.alpha])
    chances, alpha = edge.pair_probabilities().detach(), edge.alpha.detach()
    assert float(chances.sum()) == pytest.approx(1) and chances[[0, 2]].tolist() == [0, 0]
    assert float(chances[1] / chances[3]) == pytest.approx(float((alpha[1] - alpha[3]).exp()))
    assert gradient[[0, 2]].tolist() == [0, 0] and float(gradient.sum()) == pytest.approx(0)


def test_only_what_was_drawn_runs():
    edge, ran = edge_of(4), []
    for place, candidate in enumerate(edge.candidates):
        candidate.register_forward_hook(lambda *_, place=place: ran.append(place))
    generator = torch.Generator().manual_seed(0)
    edge.draw_one(generator)
    edge(torch.zeros(1, 3, dtype=torch.float64))
    assert ran == [edge.active]
    ran.clear()
    edge.draw_two(generator)
    edge(torch.zeros(1, 3, dtype=torch.float64))
    assert ran == [edge.active, edge.other]


def test_the_output_of_a_pair_is_that_of_the_active_path():
    edge = edge_of(3)
    inputs = torch.randn(2, 3, dtype=torch.float64)
    edge.choose(2, 0)
    assert torch.equal(edge(inputs), edge.candidates[2](inputs))


def test_a_lone_candidate_runs_and_has_no_gates():
    edge = edge_of(1)
    edge.draw_two(torch.Generator())
    assert edge.gates is None and edge.pair_probabilities().tolist() == [1.0]
    assert edge(torch.zeros(1, 3, dtype=torch.float64)).shape == (1, 3)
