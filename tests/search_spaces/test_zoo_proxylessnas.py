"""What our planner says of the network that the STM32 model zoo offers."""

from benchmarks.zoo_proxylessnas import measured, table


def test_the_published_network_has_the_zoos_operations_and_our_bytes():
    cost = measured("proxylessnas-mobile").cost
    parts = cost.footprint
    assert cost.macs == 320_427_584
    assert (parts.weights_bytes, parts.activations_bytes) == (4_045_020, 604_848)
    assert "| MACs | 320.4 M | 320 M | 1.001 |" in table() and "more than the N6's 4,194,304" in table()
