"""Boards whose flash OpenOCD writes and that start from it without a boot block of their own."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Programmer:
    """Where a microcontroller keeps program and data, and which of OpenOCD's files know it."""

    interface: str
    chip: str
    rom_origin: str = "0x08000000"
    ram_origin: str = "0x20000000"


PROGRAMMERS: Mapping[str, Programmer] = {
    "stm32f746": Programmer("interface/stlink.cfg", "target/stm32f7x.cfg"),
    "stm32h743": Programmer("interface/stlink.cfg", "target/stm32h7x.cfg", ram_origin="0x24000000"),
    "stm32l4r5": Programmer("interface/stlink.cfg", "target/stm32l4x.cfg"),
    "nrf52840": Programmer("interface/jlink.cfg", "target/nrf52.cfg", rom_origin="0x0"),
}
"""By the target's name. The other targets keep their program in external flash, which needs a boot block."""
