"""The Cortex-M cores: compiler flags, and the emulated board that has one."""

from collections.abc import Mapping
from dataclasses import dataclass

from prototypenas.errors import ConfigurationError


@dataclass(frozen=True)
class Core:
    """How to compile for a core and where QEMU's board keeps its memory."""

    name: str
    cpu_flags: str
    machine: str | None
    """QEMU's name of the board, `None` where no board has enough memory."""
    clock_hz: int = 25_000_000
    """Of the emulated board; SysTick counts it."""
    rom_origin: str = "0x0"
    rom_length: str = "4M"
    ram_origin: str = "0x20000000"
    ram_length: str = "4M"


_FLOAT_M4 = "-mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard"
_FLOAT_M7 = "-mcpu=cortex-m7 -mfpu=fpv5-d16 -mfloat-abi=hard"

CORES: Mapping[str, Core] = {
    core.name: core
    for core in (
        # QEMU's boards with an M0 have 16 kB; a Cortex-M3 runs the same instructions.
        Core("cortex-m0plus", "-mcpu=cortex-m0plus", "mps2-an385"),
        Core("cortex-m3", "-mcpu=cortex-m3", "mps2-an385"),
        Core("cortex-m4", _FLOAT_M4, "mps2-an386"),
        Core("cortex-m7", _FLOAT_M7, "mps2-an500"),
        Core(
            "cortex-m33",
            "-mcpu=cortex-m33 -mfloat-abi=soft",
            "mps2-an505",
            clock_hz=20_000_000,
            rom_origin="0x10000000",
            ram_origin="0x38000000",
        ),
        Core(
            "cortex-m55",
            "-mcpu=cortex-m55 -mfloat-abi=hard",
            "mps3-an547",
            clock_hz=32_000_000,
            rom_length="512K",
            ram_length="512K",
        ),
    )
}


def core_named(name: str) -> Core:
    """Return a core.

    Raises:
        ConfigurationError: if there is no such core; the message lists those there are.
    """
    if name not in CORES:
        raise ConfigurationError(f"core {name} is not known; known are {', '.join(CORES)}")
    return CORES[name]
