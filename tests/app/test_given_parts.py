"""Parts as objects of a notebook, beside those that have names."""

from dataclasses import replace

import pytest

from prototypenas.app.catalogue import gather
from prototypenas.app.given_parts import with_parts, with_sampler
from prototypenas.errors import ConfigurationError
from prototypenas.plugins import DEFAULT_KERNELS
from prototypenas.protocols import OwnCost
from prototypenas.types import Budget


def mine(evidence):
    return 1.0


@pytest.fixture(scope="module")
def catalogue():
    return gather()


def test_names_functions_costs_and_mappings_are_named_in_their_order(catalogue):
    cost = OwnCost(mine, unit="rows")
    given = with_parts(catalogue, objectives=["flops, snip", mine, {"other": mine, "rows": cost}], target="rp2040")
    assert given.objectives == "flops,snip,mine,other,rows" and given.architectures == ""
    assert given.catalogue.proxies["mine"] is mine and given.catalogue.proxies["other"] is mine
    assert given.catalogue.costs == {**catalogue.costs, "rows": cost} and "rows" not in given.catalogue.proxies


def test_an_architecture_joins_every_pool_with_its_kernels(catalogue):
    def slim(configuration, input_shape, num_classes):
        raise NotImplementedError

    given = with_parts(catalogue, architectures=[slim], target="rp2040").catalogue
    assert all(pool[-1] == "slim" for pool in given.pools.values()) and given.kernels["slim"] == DEFAULT_KERNELS
    slim.kernels = [3, 7]
    assert with_parts(catalogue, architectures={"x": slim}, target="rp2040").catalogue.kernels["x"] == (3, 7)


def test_a_target_may_be_an_object_and_an_unknown_name_is_refused(catalogue):
    own = replace(catalogue.targets["rp2040"], name="my_board")
    assert with_parts(catalogue, target=own).target == "my_board"
    unlimited = with_parts(catalogue, target=replace(own, budget=Budget())).catalogue.targets["my_board"]
    assert (unlimited.budget.ram_bytes, unlimited.budget.rom_bytes) == (own.ram_bytes, own.rom_bytes)
    with pytest.raises(ConfigurationError, match="unknown target 'my_board'"):
        with_parts(catalogue, target="my_board")


def test_a_part_without_a_name_and_a_name_of_a_column_are_refused(catalogue):
    with pytest.raises(ConfigurationError, match="<lambda> is no name for objectives"):
        with_parts(catalogue, objectives=[lambda evidence: 1.0], target="rp2040")
    with pytest.raises(ConfigurationError, match="an objective is named number"):
        with_parts(catalogue, objectives={"number": mine}, target="rp2040")
    with pytest.raises(ConfigurationError, match="is no name for samplers"):
        with_sampler(catalogue, lambda space, goals, *, population, seed: None)


def test_a_sampler_is_named_after_its_class_and_a_name_stays(catalogue):
    class Draws:
        pass

    assert with_sampler(catalogue, "nsga2:20") == (catalogue, "nsga2:20")
    known, name = with_sampler(catalogue, Draws)
    assert name == "Draws" and known.samplers["Draws"] is Draws
