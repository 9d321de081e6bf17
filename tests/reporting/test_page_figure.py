"""A figure in the page: its colours follow the page, its marks name their candidates."""

import pytest
from matplotlib.figure import Figure

from prototypenas.reporting.drawing import INK, house_style, svg_text
from prototypenas.reporting.page_figure import _end_of_group, _numbered, marks_of, themed


def drawn(count: int) -> str:
    with house_style():
        figure = Figure()
        axes = figure.subplots()
        axes.scatter(range(count), range(count), color=INK).set_gid(marks_of(range(10, 10 + count)))
    return themed(svg_text(figure), 'the "front" <of> it')


@pytest.mark.parametrize("count", [1, 3, 40])
def test_each_mark_carries_its_candidate_in_the_order_given(count):
    text = drawn(count)
    places = [text.index(f'data-trial="{number}"') for number in range(10, 10 + count)]
    assert places == sorted(places) and text.count("data-trial=") == count


def test_colours_are_the_pages_and_what_is_read_aloud_is_escaped():
    text = drawn(2)
    assert INK.lower() not in text and "var(--ink)" in text
    assert 'aria-label="the &quot;front&quot; &lt;of&gt; it"' in text and "<metadata>" not in text


def test_a_group_ends_where_it_was_closed_not_where_one_inside_was():
    inside = "<g><use/></g><use/>"
    assert _end_of_group(f"{inside}</g><g></g>") == len(inside)


def test_marks_drawn_otherwise_are_no_silent_mistake():
    with pytest.raises(AssertionError, match="2 marks were drawn otherwise"):
        _numbered("<use /><use /><use />", ["1", "2"])
