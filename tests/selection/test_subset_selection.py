from itertools import combinations

import numpy as np
import pytest

from prototypenas.errors import ConfigurationError, NothingFits
from prototypenas.selection import SPACES, restored_selection, select
from prototypenas.selection.coverage import coverage
from prototypenas.selection.pareto import objectives_of
from prototypenas.selection.selection_space import expected_ranks, spaces_named
from prototypenas.types import GROUPS, Built, Configuration, Cost, Footprint, GroupConfiguration, Rejection

PROXIES = ("meco", "zico", "naswot", "snip")


def candidate(number, flops, *scores, rejection=None, names=PROXIES, ram=1000):
    footprint = Footprint(ram, 0, 0, 500, 0, 0, 0, 0)
    configuration = Configuration("mbednet", 1.0, (GroupConfiguration(),) * GROUPS)
    cost = Cost(macs=flops // 2, parameters=500, footprint=footprint)
    built = Built(number, configuration, cost, str(number))
    return built.rejected(rejection) if rejection else built.scored(dict(zip(names, scores, strict=False)))


def random_candidates(count, seed=0):
    rng = np.random.default_rng(seed)
    return [candidate(i, int(rng.integers(1000, 10**6)), *rng.normal(size=4)) for i in range(count)]


@pytest.mark.parametrize("space", list(SPACES))
@pytest.mark.parametrize("seed", range(3))
def test_no_other_subset_of_the_front_covers_more(space, seed):
    selection = select(random_candidates(16, seed), keep=3, space=space, leader=False)
    values = np.array([[c.cost.flops, *(-c.scores[p] for p in PROXIES)] for c in selection.front])
    spaces = spaces_named(space, selection.normalisation.apply(values))
    best = max(coverage(spaces, subset) for subset in combinations(range(len(values)), 3))
    assert selection.optimal and selection.verdict == "optimal"
    assert selection.coverage == pytest.approx(best, rel=1e-9)


@pytest.mark.parametrize("solver", ["evolutionary", "greedy"])
def test_other_solvers_come_near_and_claim_no_proof_they_lack(solver):
    for seed in range(3):
        candidates = random_candidates(30, seed)
        exact = select(candidates, keep=3, space="objectives")
        other = select(candidates, keep=3, space="objectives", solver=solver)
        assert 0.9 * exact.coverage <= other.coverage <= exact.coverage * (1 + 1e-12)
        assert len(other.chosen) == 3 and other.upper_bound >= exact.coverage
    with pytest.raises(ConfigurationError, match="unknown solver 'greddy'; did you mean greedy"):
        select(candidates, solver="greddy")


def test_nobody_outside_the_front_is_chosen_and_order_is_by_flops():
    candidates = random_candidates(40)
    selection = select(candidates, keep=5)
    flops = [one.cost.flops for one in selection.chosen]
    assert flops == sorted(flops) and len(set(flops)) == 5
    for one in selection.front:
        better = [
            other
            for other in candidates
            if other is not one
            and other.cost.flops <= one.cost.flops
            and all(other.scores[p] >= one.scores[p] for p in PROXIES)
        ]
        assert not better


def test_order_of_candidates_and_seed_do_not_matter_where_the_optimum_is_proven():
    candidates = random_candidates(40, seed=3)
    first = select(candidates, keep=4, seed=0)
    second = select(candidates[::-1], keep=4, seed=9)
    assert [one.number for one in first.chosen] == [one.number for one in second.chosen]


def test_scale_of_an_objective_does_not_matter():
    candidates = random_candidates(30)
    scaled = [candidate(c.number, c.cost.flops * 10, *(7 * v + 3 for v in c.scores.values())) for c in candidates]
    assert [c.number for c in select(candidates, keep=3).chosen] == [c.number for c in select(scaled, keep=3).chosen]


def test_range_stops_where_one_more_adds_little():
    # Two corners cover nearly all; the points between add almost nothing.
    candidates = [
        candidate(0, 1000, 0.0),
        candidate(1, 9000, 1.0),
        candidate(2, 5000, 0.002),
        candidate(3, 6000, 0.003),
    ]
    assert len(select(candidates, keep=(2, 4), space="objectives").chosen) == 2
    spread = [candidate(i, 1000 + 500 * i, float(i)) for i in range(9)]
    assert len(select(spread, keep=(2, 4), space="objectives").chosen) == 4


def test_fewer_than_wanted_are_all_kept_and_said_so():
    selection = select([candidate(0, 1000, 0.0), candidate(1, 2000, 1.0)], keep=5)
    assert [one.number for one in selection.chosen] == [0, 1]
    assert "only 2" in selection.note and selection.optimal
    assert selection.hypervolume == selection.front_hypervolume


@pytest.mark.parametrize("space", list(SPACES))
def test_one_candidate_is_a_front(space):
    selection = select([candidate(7, 1000, 1.0, 2.0, 3.0, 4.0)], keep=3, space=space)
    assert [one.number for one in selection.chosen] == [7]
    assert selection.reasons[0].leads == ()


def test_equal_networks_count_once():
    twins = [candidate(i, 1000, 1.0, 2.0) for i in range(4)]
    selection = select([*twins, candidate(9, 2000, 2.0, 3.0)], keep=3)
    assert [one.number for one in selection.chosen] == [0, 9]


@pytest.mark.parametrize("space", list(SPACES))
def test_a_constant_objective_changes_nothing(space):
    plain = random_candidates(25)
    constant = [candidate(c.number, c.cost.flops, *c.scores.values(), 5.0, names=(*PROXIES, "flat")) for c in plain]
    if space == "objectives":
        assert [c.number for c in select(plain, keep=3, space=space).chosen] == [
            c.number for c in select(constant, keep=3, space=space).chosen
        ]
    assert select(constant, keep=3, space=space).optimal


def test_reasons_name_the_leaders_and_the_loss():
    candidates = [candidate(0, 1000, 0.0), candidate(1, 5000, 0.6), candidate(2, 9000, 1.0)]
    selection = select(candidates, keep=3)
    assert [reason.leads for reason in selection.reasons] == [("flops",), (), ("meco",)]
    assert selection.reasons[0].best_of_front == ("flops",)
    assert all(0 < reason.exclusive_hypervolume < 1 for reason in selection.reasons)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_score_that_is_not_finite_is_refused(value):
    with pytest.raises(ConfigurationError, match="zico of candidate 1"):
        select([candidate(0, 1000, 1.0, 1.0), candidate(1, 1000, 1.0, value)], keep=1)


@pytest.mark.parametrize("keep", [0, -1, (0, 3), (4, 3)])
def test_keep_below_one_is_refused(keep):
    with pytest.raises(ConfigurationError, match="keep is"):
        select(random_candidates(5), keep=keep)


def test_unknown_space_is_refused_with_those_there_are():
    with pytest.raises(ConfigurationError, match="objectives, consensus"):
        select(random_candidates(5), keep=2, space="vibes")


def test_different_proxies_are_refused():
    with pytest.raises(ConfigurationError, match="candidate 1 was scored by"):
        select([candidate(0, 1, 1.0), candidate(1, 1, 1.0, 2.0)], keep=1)


def test_nothing_feasible_names_the_closest_and_its_limit():
    near = candidate(3, 1000, rejection=Rejection("ram", "RAM is 10 % over 900 bytes"), ram=1000)
    far = candidate(4, 9000, rejection=Rejection("ram+flops", "RAM and FLOPs over"), ram=900)
    with pytest.raises(NothingFits, match=r"closest: candidate 3 .*RAM is 10 % over 900 bytes"):
        select([far, near], keep=3)
    with pytest.raises(NothingFits, match="no candidate was explored"):
        select([], keep=3)


def test_many_models_may_be_kept():
    selection = select(random_candidates(40), keep=11, time_limit=2.0)
    assert len({one.number for one in selection.chosen}) == 11
    assert selection.coverage <= selection.upper_bound and selection.share_of_best > 0.8


def test_no_time_for_a_proof_still_gives_an_answer_with_its_bound():
    candidates = random_candidates(300, seed=1)
    hurried, proven = select(candidates, keep=5, time_limit=0.0), select(candidates, keep=5)
    assert hurried.coverage <= proven.coverage <= hurried.upper_bound
    assert proven.optimal


def test_a_selection_is_restored_from_its_numbers_space_and_bound():
    candidates = random_candidates(30, seed=2)
    made = select(candidates, keep=3, space="joint")
    numbers = [one.number for one in made.chosen]
    again = restored_selection(candidates, numbers, space=made.space, upper_bound=made.upper_bound, note=made.note)
    assert again == made


def test_a_number_off_the_front_is_not_restored():
    candidates = [candidate(0, 1000, 1, 1, 1, 1), candidate(1, 2000, 0, 0, 0, 0)]
    with pytest.raises(ConfigurationError, match=r"\[1\] are not on the front"):
        restored_selection(candidates, [1], space="joint", upper_bound=1.0)


@pytest.mark.parametrize("space", list(SPACES))
@pytest.mark.parametrize("keep", [1, 2, 4])
def test_the_most_accurate_by_estimate_is_always_chosen(space, keep):
    for seed in range(4):
        candidates = random_candidates(30, seed)
        selection = select(candidates, keep=keep, space=space)
        ranks = expected_ranks(selection.normalisation.apply(objectives_of(selection.front).values))
        best = selection.front[int(np.argmin(ranks))]
        assert best in selection.chosen
        assert selection.optimal
        if keep == 1:
            assert selection.chosen == (best,)
            assert selection.reasons[0].sentence.startswith("Expected to be the most accurate that fits")


def test_with_the_leader_no_other_subset_that_holds_it_covers_more():
    candidates = random_candidates(16, 3)
    selection = select(candidates, keep=3, space="merit")
    front = selection.normalisation.apply(objectives_of(selection.front).values)
    spaces = spaces_named("merit", front)
    leader = int(np.argmin(expected_ranks(front)))
    others = [row for row in range(len(front)) if row != leader]
    best = max(coverage(spaces, (leader, *pair)) for pair in combinations(others, 2))
    assert selection.coverage == pytest.approx(best, abs=1e-9)
    free = select(candidates, keep=3, space="merit", leader=False)
    assert free.coverage >= selection.coverage - 1e-9


def test_the_papers_evolution_may_cover_less_and_says_how_much():
    candidates = random_candidates(40, 1)
    evolved = select(candidates, keep=4, space="objectives", leader=False, solver="evolutionary")
    proven = select(candidates, keep=4, space="objectives", leader=False)
    assert len(evolved.chosen) == 4
    assert evolved.coverage <= proven.coverage + 1e-9
    assert evolved.upper_bound == pytest.approx(proven.coverage)


def test_every_chosen_model_has_a_sentence_of_its_own_kind():
    selection = select(random_candidates(40, 2), keep=4)
    sentences = [reason.sentence for reason in selection.reasons]
    assert all(sentence.endswith(".") for sentence in sentences)
    assert sum("most accurate that fits" in sentence for sentence in sentences) == 1
    assert "cheapest chosen" in sentences[0]
