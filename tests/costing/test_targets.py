"""The catalogue is complete and sourced; what users write wrong is named with file and key."""

import pytest

from prototypenas.costing.targets import load_targets, parse_targets
from prototypenas.errors import ConfigurationError
from prototypenas.types import Budget

BOARD = """
[my-board]
description = "mine"
core = "cortex-m4"
clock_hz = 80_000_000
ram_bytes = 65_536
budget = { ram_bytes = 32_768 }
"""


@pytest.mark.parametrize("name", load_targets())
def test_every_target_names_its_sources_and_fits_its_budget(name):
    target = load_targets()[name]
    assert target.name == name
    assert target.sources
    assert target.clock_hz >= 10**6
    for limit, size in (
        (target.budget.ram_bytes, target.ram_bytes),
        (target.budget.rom_bytes, target.rom_bytes),
    ):
        assert size is None or (limit is not None and limit <= size)


def test_the_papers_board_is_there():
    target = load_targets()["imxrt1062"]
    assert (target.core, target.clock_hz, target.ram_bytes) == ("cortex-m7", 600_000_000, 1024**2)
    assert target.budget == Budget(ram_bytes=512 * 1024, rom_bytes=1024**2, flops=250_000_000)


def test_a_raspberry_pi_has_no_limit():
    assert load_targets()["raspberry-pi-5"].budget == Budget()


def test_a_users_file_adds_targets_and_wins_over_the_catalogue(tmp_path):
    path = tmp_path / "boards.toml"
    path.write_text(BOARD + BOARD.replace("my-board", "rp2040"))
    targets = load_targets([path])
    assert targets["my-board"].budget == Budget(ram_bytes=32_768)
    assert targets["rp2040"].core == "cortex-m4"
    assert load_targets()["rp2040"].core == "cortex-m0plus"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[board", "boards.toml: not valid TOML"),
        ("board = 3", r"boards.toml: \[board\] is not a table"),
        (BOARD.replace("clock_hz", "clock_mhz"), r"boards.toml: \[my-board\] has unknown key clock_mhz"),
        (BOARD.replace("core = ", "# "), r"boards.toml: \[my-board\] has no core"),
        (BOARD.replace("65_536", "-1"), r"boards.toml: \[my-board\].ram_bytes is -1"),
        (BOARD.replace("65_536", "true"), r"\[my-board\].ram_bytes is True; it must be a positive whole number"),
        (BOARD.replace("32_768", "0.5"), r"\[my-board\].budget.ram_bytes is 0.5"),
        (BOARD.replace("{ ram_bytes", "{ ram"), r"\[my-board\].budget has unknown key ram"),
        (BOARD.replace('"mine"', "7"), r"\[my-board\].description is 7"),
        (BOARD.replace("ram_bytes = 65", 'active_power_mw = "much"\nram_bytes = 65'), "active_power_mw is 'much'"),
        (BOARD.replace("ram_bytes = 65", "sources = 3\nram_bytes = 65"), "sources is 3"),
        (BOARD.replace("{ ram_bytes = 32_768 }", "3"), r"\[my-board\].budget is not a table"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_key(text, message):
    with pytest.raises(ConfigurationError, match=message):
        parse_targets(text, "boards.toml")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match=r"nowhere.toml: cannot be read"):
        load_targets([tmp_path / "nowhere.toml"])


def test_without_a_limit_the_memory_that_there_is_is_the_limit():
    text = '[t]\ndescription = "d"\ncore = "cortex-m4"\nclock_hz = 1\nram_bytes = 1000\nrom_bytes = 2000\n'
    assert parse_targets(text, "x.toml")["t"].budget == Budget(ram_bytes=1000, rom_bytes=2000)
    limited = parse_targets(text + "[t.budget]\nram_bytes = 600\n", "x.toml")["t"].budget
    assert limited == Budget(ram_bytes=600, rom_bytes=2000)


def test_a_limit_above_the_memory_that_there_is_is_refused():
    text = '[t]\ndescription = "d"\ncore = "cortex-m4"\nclock_hz = 1\nrom_bytes = 2000\n[t.budget]\nrom_bytes = 2001\n'
    with pytest.raises(ConfigurationError, match=r"rom_bytes is 2001, but the microcontroller has 2000"):
        parse_targets(text, "x.toml")
