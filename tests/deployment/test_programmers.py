"""What `make flash` would write to a board: linked to the chip's own addresses, with its own memory as limit."""

import re
from dataclasses import replace

import pytest

from prototypenas.costing.targets import load_targets
from prototypenas.deployment.c_project import write_c_project
from prototypenas.deployment.programmers import PROGRAMMERS
from prototypenas.deployment.toolchain import run_program
from tests.deployment.candidates import random_candidate


def test_every_programmer_is_of_a_target_whose_memory_is_known():
    targets = load_targets([])
    assert all(targets[name].ram_bytes and targets[name].rom_bytes for name in PROGRAMMERS)


@pytest.mark.emulator
@pytest.mark.slow
def test_the_program_is_linked_to_the_chips_addresses_and_written_by_openocd(tmp_path):
    candidate, target = random_candidate("image", 1), load_targets([])["stm32h743"]
    given = {"name": "m", "sample": candidate.inputs[0]}
    write_c_project(candidate.graph, candidate.plan, tmp_path / "c", target=target, **given)
    run_program(["make", "build/board.elf"], directory=tmp_path / "c", seconds=300)
    sections = run_program(["arm-none-eabi-readelf", "-SW", "build/board.elf"], directory=tmp_path / "c")
    places = dict(re.findall(r"\] (\.\w+) +\w+ +(\w{8})", sections))
    assert places[".vectors"] == "08000000"
    assert places[".model_ram"].startswith("240")
    typed = run_program(["make", "-n", "flash"], directory=tmp_path / "c")
    assert "-f interface/stlink.cfg -f target/stm32h7x.cfg" in typed
    assert '"program build/board.elf verify"' in typed
    write_c_project(candidate.graph, candidate.plan, tmp_path / "d", target=replace(target, name="mine"), **given)
    assert "flash" not in (tmp_path / "d" / "Makefile").read_text()
