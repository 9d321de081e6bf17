from prototypenas.refinement.halving import RungScore, estimates
from prototypenas.refinement.refinement_table import Refinement
from prototypenas.reporting.refinement_figure import refinement_figure
from prototypenas.types import Scored


def test_every_candidate_has_its_error_and_the_chosen_their_number(full_report):
    numbers = [one.number for one in full_report.candidates if isinstance(one, Scored)][:4]
    first = [RungScore(number, 0, 100, 1.0, 0.3 + 0.1 * place, 200) for place, number in enumerate(numbers)]
    second = [RungScore(number, 1, 300, 0.5, 0.8, 200) for number in numbers[2:]]
    found = Refinement(estimates([*first, *second]), (*first, *second))
    figure = refinement_figure(found, full_report.candidates, numbers[3:])
    estimated, race = figure.axes
    assert sum(str(point.get_gid()).startswith("marks:") for point in estimated.collections) == 4
    assert len(race.lines) == 4
    assert [text.get_text() for text in estimated.texts] == [str(numbers[3])]
    assert list(race.lines[3].get_xdata()) == [100, 300]
