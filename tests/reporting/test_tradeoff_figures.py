from prototypenas.costing.targets import load_targets
from prototypenas.reporting.tradeoff_figures import tradeoff_figures


def test_limits_are_drawn_where_accuracy_stands_against_memory(full_report):
    target = load_targets([])["stm32f746"]
    drawn = dict(tradeoff_figures(full_report.models, target, ["mbednet"], recommended=1))
    assert [resource.name for resource in drawn] == ["RAM", "ROM", "Latency"]
    for resource, figure in drawn.items():
        (axes,) = figure.axes
        limits = [line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 2]
        assert limits == ([] if resource.limit is None else [resource.limit])
        places = [point.get_offsets()[0] for point in axes.collections if str(point.get_gid()).startswith("marks:")]
        assert [y for _, y in places] == [100 * model.evaluation.int8_score for model in full_report.models]
