"""Which pictures a page has, as far as its run has come."""

from dataclasses import replace

from prototypenas.refinement.halving import Estimate
from prototypenas.refinement.refinement_table import Refinement
from prototypenas.reporting.report_pictures import scored
from prototypenas.types import Scored


def test_refined_candidates_are_drawn_with_their_estimates_and_others_left_out(full_report):
    assert scored(full_report) is full_report.candidates
    numbers = [one.number for one in full_report.candidates if isinstance(one, Scored)][:2]
    refinement = Refinement(tuple(Estimate(number, 1, 0.5, 0.1) for number in numbers), ())
    found = scored(replace(full_report, refinement=refinement))
    assert [one.number for one in found] == numbers and all(one.scores["estimate"] == 0.4 for one in found)
