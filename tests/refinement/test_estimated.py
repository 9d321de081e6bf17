from prototypenas.objectives import FLOPS, Origin, proxy_objective
from prototypenas.refinement.estimated import ESTIMATE, refined_candidates, refined_objectives
from prototypenas.refinement.halving import Estimate
from prototypenas.refinement.refinement_table import Refinement
from prototypenas.types import Candidate, Configuration, Cost, Footprint, GroupConfiguration, Rejection

ASKED = Candidate(0, Configuration("toy", 1.0, (GroupConfiguration(),) * 4))
COST = Cost(1, 1, Footprint(1, 1, 1, 1, 1, 1, 1, 1))


def test_only_what_was_refined_is_chosen_from_by_its_cautious_estimate_beside_its_scores():
    scored = [ASKED.built(COST, str(n)).scored({"a": float(n)}) for n in range(2)]
    first = scored[0]
    found = refined_candidates(
        Refinement((Estimate(0, 2, 0.8, 0.1),), ()), [first, ASKED.invalid(Rejection("invalid", "none"))]
    )
    assert found == (first.scored({"a": 0.0, ESTIMATE: Estimate(0, 2, 0.8, 0.1).cautious}),)
    assert Estimate(0, 2, 0.8, 0.1).cautious < 0.8


def test_an_estimate_is_maximised_like_a_score():
    *before, estimate = refined_objectives((FLOPS, proxy_objective("a")))
    assert before == [FLOPS, proxy_objective("a")]
    assert (estimate.name, estimate.origin, estimate.minimised) == (ESTIMATE, Origin.ESTIMATE, False)
