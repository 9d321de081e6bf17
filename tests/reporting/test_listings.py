from dataclasses import replace

import pytest
from torch import nn

from prototypenas.costing.measurement import measure_network
from prototypenas.costing.targets import load_targets
from prototypenas.reporting.architecture_table import describe
from prototypenas.reporting.listings import block_table, layer_table, measurement_table, plan_table
from prototypenas.reporting.target_listing import target_table
from prototypenas.types import Budget
from search_spaces import IMAGE_POOL, REFERENCES

TARGETS = load_targets()


@pytest.fixture(scope="module")
def measured():
    network = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 8 * 8, 10))
    return measure_network(network, (3, 8, 8), TARGETS["stm32f746"])


def cells(table):
    assert all(len(row) == len(table.headers) for row in table.rows)
    return {row[0].strip(): row[1:] for row in table.rows}


def test_every_target_is_listed_with_its_budget():
    rows = cells(target_table(TARGETS))
    assert set(rows) == set(TARGETS)
    assert rows["imxrt1062"][2] == "512 of 1,024"
    assert rows["raspberry-pi-5"][2] == "– of –"


def test_a_measurement_adds_up_and_says_what_fits(measured):
    rows = cells(measurement_table(measured, TARGETS["stm32f746"]))
    number = {name: int(row[0].replace(",", "")) for name, row in rows.items() if row[0].replace(",", "").isdecimal()}
    assert number["RAM [bytes]"] == number["activations"] + number["scratch"] + number["stack"]
    parts = ("weights", "biases", "requantization", "descriptors", "code")
    assert number["ROM [bytes]"] == sum(number[part] for part in parts)
    assert rows["RAM [bytes]"][1] == "262,144 fits"


def test_a_broken_limit_is_named(measured):
    small = replace(TARGETS["stm32f746"], budget=Budget(ram_bytes=100))
    rows = cells(measurement_table(measured, small))
    assert rows["RAM [bytes]"][1] == "100 BROKEN" and rows["ROM [bytes]"][1] == "unlimited"


def test_layers_and_plan_have_a_row_for_each_operator_and_tensor(measured):
    assert len(layer_table(measured).rows) == len(measured.graph.operators)
    assert len(plan_table(measured).rows) == len(measured.graph.tensors)


def test_superblocks_are_listed_from_stem_to_head():
    rows = block_table(describe(IMAGE_POOL["mbednet"], REFERENCES["mbednet"], (3, 64, 64), 10)).rows
    depths = sum(group.depth for group in REFERENCES["mbednet"].groups)
    assert len(rows) == depths + 2
    assert (rows[0][0], rows[-1][0]) == ("stem", "head")
