"""The over-parameterised network as a whole: what runs, what is kept in memory, what is chosen."""

import torch

from benchmarks.oneshot_step import architecture_step, peak_of, plain_network, weight_step
from search_spaces.proxyless_supernet import SupernetSpace, build_supernet

SPACE = SupernetSpace((4, 4), (4, 6, 6, 8), (1, 2, 2, 1), (2, 1, 1, 2), kernels=(3, 5), expansions=(2,))


def test_one_candidate_an_edge_runs_in_a_weight_step_and_two_in_an_architecture_step():
    supernet, ran = build_supernet(SPACE, (1, 16, 16), 10), []
    for number, edge in enumerate(supernet.edges):
        for candidate in edge.candidates:
            candidate.register_forward_hook(lambda *_, number=number: ran.append(number))
    generator = torch.Generator().manual_seed(0)
    supernet.draw_one(generator)
    supernet(torch.randn(2, 1, 16, 16))
    assert ran == list(range(6))
    ran.clear()
    supernet.draw_two(generator)
    supernet(torch.randn(2, 1, 16, 16))
    assert ran == [number for number in range(6) for _ in (0, 1)]


def test_an_architecture_step_needs_at_most_2_2_times_the_memory_of_a_plain_one():
    torch.manual_seed(0)
    supernet = build_supernet(SPACE, (1, 16, 16), 10)
    inputs, targets = torch.randn(64, 1, 16, 16), torch.randint(10, (64,))
    supernet.draw_two(torch.Generator().manual_seed(0))
    plain = peak_of(lambda: weight_step(plain_network(supernet), inputs, targets))
    assert 0 < peak_of(lambda: architecture_step(supernet, inputs, targets)) <= 2.2 * plain


def test_where_every_superblock_is_left_out_the_network_still_runs():
    supernet = build_supernet(SPACE, (1, 16, 16), 10)
    supernet.choose([len(edge.names) - 1 for edge in supernet.edges])
    assert supernet.names_of([edge.active for edge in supernet.edges]).count("skip") == 2
    assert supernet(torch.randn(2, 1, 16, 16)).shape == (2, 10)


def test_architecture_parameters_are_no_weights_and_begin_near_equal_chances():
    supernet = build_supernet(SPACE, (1, 16, 16), 10)
    weights = {id(weight) for weight in supernet.weighted.parameters()}
    assert not weights & {id(alpha) for alpha in supernet.alphas}
    assert len(weights) + len(supernet.alphas) == len(list(supernet.parameters()))
    supernet.draw_alphas(torch.Generator().manual_seed(0))
    assert all(0 < float(alpha.detach().abs().max()) < 0.01 for alpha in supernet.alphas)
    assert 0.99 * 0.69 < supernet.entropy() < 1.1
    with torch.no_grad():
        for place, alpha in enumerate(supernet.alphas):
            alpha[place % 2] += 1
    assert supernet.most_probable() == (0, 1, 0, 1, 0, 1)
