from dataclasses import replace
from itertools import combinations

from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from prototypenas.reporting.drawing import architecture_styles, label_panels, model_styles
from prototypenas.reporting.front_figures import front_figure, pairs_figure
from prototypenas.reporting.tradeoff_figures import tradeoff_figures


def test_architectures_look_different_and_the_same_in_every_run():
    styles = architecture_styles(["b", "a", "b", "c"])
    assert list(styles) == ["a", "b", "c"] and len(set(styles.values())) == 3
    assert architecture_styles(["c", "b", "a"]) == styles


def test_labels_of_close_points_do_not_cover_each_other():
    figure = Figure(figsize=(5, 4))
    axes = figure.subplots()
    places = [(0.5 + 0.01 * i, 0.5 + 0.01 * (i % 2)) for i in range(5)]
    axes.set(xlim=(0, 1), ylim=(0, 1))
    label_panels(figure, {axes: places}, [str(100 + i) for i in range(5)])
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in axes.texts]
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))


def test_an_architecture_has_one_colour_and_mark_on_every_figure(full_report):
    candidates, selection = full_report.candidates, full_report.selection
    styles = architecture_styles([one.configuration.architecture for one in candidates])
    only = replace(selection, front=[one for one in selection.front if one.configuration.architecture == "resnet18"])
    figures = [front_figure(candidates, selection), pairs_figure(candidates, only)]
    figures += [figure for _, figure in tradeoff_figures(full_report.models, None, list(styles), recommended=None)]
    for figure in figures:
        drawn = {
            to_hex(one.get_facecolor()[0])
            for axes in figure.axes
            for one in axes.collections
            if len(one.get_facecolor())
        }
        assert drawn <= {colour.lower() for colour, _ in styles.values()}, drawn
    labels = {text.get_text() for text in figures[1].legends[0].get_texts()}
    assert "resnet18" in labels and "mbednet" not in labels
    handles = {handle.get_label(): handle for handle in figures[1].legends[0].legend_handles}
    assert handles["resnet18"].get_color() == styles["resnet18"][0]


def test_models_of_one_architecture_share_its_colour_and_differ_in_their_line():
    styles = architecture_styles(["a", "b"])
    found = model_styles({3: "a", 5: "b", 9: "a"}, styles)
    assert found[3][0] == found[9][0] == styles["a"][0] != found[5][0]
    assert found[3][1] != found[9][1]
