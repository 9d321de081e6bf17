"""A table measured on a board is read, fitted and used in place of the estimate."""

from dataclasses import replace

import pytest
from torch import nn

from prototypenas.costing.latency import check_estimated, estimate_latency
from prototypenas.costing.latency_table import read_latency_table, with_latency_tables
from prototypenas.costing.targets import load_targets
from prototypenas.errors import ConfigurationError
from prototypenas.graph.lowering import lower

TABLE = """
# target rp2040
layer,kernel,macs,outputs,cycles
a,nn_convolution,1000,10,10200
b,nn_convolution,5000,100,52000
c,nn_max_pool,0,50,2500
# too long for SysTick: d,nn_convolution,9000,9000,0
# end
"""


def written(path, text):
    path.write_text(text)
    return path


def test_rates_are_fitted_and_price_a_network(tmp_path):
    known = with_latency_tables(load_targets(), [written(tmp_path / "board.csv", TABLE)])
    target = known["rp2040"]
    rates = {rates.kernel: rates for rates in target.measured_cycles.kernels}
    assert rates["nn_convolution"] == ("nn_convolution", pytest.approx(10), pytest.approx(20))
    assert rates["nn_max_pool"] == ("nn_max_pool", 0, pytest.approx(50))
    assert target.measured_cycles.relative_error == pytest.approx(0, abs=1e-9)
    graph = lower(nn.Sequential(nn.Conv2d(3, 4, 3), nn.MaxPool2d(2)), (3, 6, 6))
    found = estimate_latency(graph, target)
    expected = 10 * 4 * 4 * 4 * 27 + 20 * 4 * 4 * 4 + 50 * 2 * 2 * 4
    assert found.cycles == pytest.approx(expected)
    assert found.latency_ms == pytest.approx(1000 * expected / target.clock_hz)
    assert "3 layers measured on the board, board.csv" in found.source
    check_estimated(("latency",), target)
    with pytest.raises(ConfigurationError, match="pass --latency-table"):
        check_estimated(("latency",), replace(target, measured_cycles=None))


def test_the_error_is_that_of_a_layer_of_the_table(tmp_path):
    noisy = TABLE.replace("52000", "40000")
    _, measured = read_latency_table(written(tmp_path / "board.csv", noisy))
    assert 0.01 < measured.relative_error < 0.3


def test_a_kernel_that_was_not_measured_is_named(tmp_path):
    target = with_latency_tables(load_targets(), [written(tmp_path / "board.csv", TABLE)])["rp2040"]
    with pytest.raises(ConfigurationError, match=r"nn_fully_connected was not measured .*prototypenas bench"):
        estimate_latency(lower(nn.Sequential(nn.Flatten(), nn.Linear(12, 2)), (3, 2, 2)), target)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "names 0 targets"),
        (TABLE + "# target other\n", "names 2 targets"),
        ("# target rp2040\n", "holds no layer"),
        (TABLE + "e,nn_add,1,2\n", r"line 9: 'e,nn_add,1,2'; wanted is layer,kernel"),
        (TABLE + "e,nn_add,1,2,-3\n", "whole numbers"),
        (TABLE + "e,nn_other,1,2,3\n", "no kernel 'nn_other'"),
        (TABLE + "e,nn_add,0,2,0\n", "did the counter run"),
        (TABLE.replace("rp2040", "rp2041"), "rp2041"),
    ],
)
def test_what_is_no_table_is_refused(text, message, tmp_path):
    with pytest.raises(ConfigurationError, match=message):
        with_latency_tables(load_targets(), [written(tmp_path / "board.csv", text)])


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"nothing\.csv is no latency table"):
        read_latency_table(tmp_path / "nothing.csv")
