"""Compiles and runs written C projects: on this machine, for a Cortex-M, and on an emulated one."""

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prototypenas.costing.cores import CORES, core_named
from prototypenas.errors import ToolchainError

PACKAGES: Mapping[str, str] = {
    "cc": "gcc",
    "gcc": "gcc",
    "clang": "clang",
    "make": "make",
    "arm-none-eabi-gcc": "gcc-arm-none-eabi and libnewlib-arm-none-eabi",
    "arm-none-eabi-size": "binutils-arm-none-eabi",
    "arm-none-eabi-nm": "binutils-arm-none-eabi",
    "qemu-system-arm": "qemu-system-arm",
}
"""The Debian package that brings each program."""

WARNINGS = ("-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Wcast-align", "-Werror")
COMPILE_SECONDS = 300
MEASURED_LENGTH = "128M"
"""Memory of a program that is linked only to be measured: targets have more than the emulated boards."""


@dataclass(frozen=True)
class ElfSizes:
    """Sections of a linked program, in bytes."""

    model_rom: int
    """Constants of the model: descriptors, biases, multipliers, weights, shifts."""
    model_ram: int
    """The arena."""
    text: int
    """All code, the example and the start-up included."""
    symbols: Mapping[str, int]


@dataclass(frozen=True)
class EmulatedRun:
    """What an emulated Cortex-M computed."""

    outputs: NDArray[np.int8]
    """`(N, output bytes)`; the outputs of a detection network one after the other."""
    sample_class: int | None
    """`None` for a network without classes."""
    instructions: int
    """Of one inference; instructions are not cycles."""
    layer_instructions: tuple[int, ...]
    detection_instructions: int | None = None
    """Of making boxes of its outputs; `None` without a detector's head."""


def build_host(
    directory: Path,
    *,
    compiler: str = "cc",
    optimization: str = "-O2",
    flags: Sequence[str] = (),
    kernels: Path | None = None,
) -> Path:
    """Compile a project for this machine, warnings being errors, and give the program.

    `kernels` is the folder of shared kernels, if the project has none of its own.

    Raises:
        ToolchainError: if the compiler is missing or fails.
    """
    program = directory / "build" / "host"
    program.parent.mkdir(exist_ok=True)
    folder = _kernel_folder(directory, kernels)
    command = [compiler, *WARNINGS, optimization, *flags, f"-I{folder}", "main.c", "port_host.c"]
    run_program(
        [*command, *_sources(directory, folder), "-o", str(program.resolve())],
        directory=directory,
        seconds=COMPILE_SECONDS,
    )
    return program


def run_host(program: Path, inputs: NDArray[np.int8], *, seconds: float = 600.0) -> NDArray[np.int8]:
    """Run a program of `build_host` over int8 inputs `(N, ...)`; outputs `(N, output bytes)`.

    Raises:
        ToolchainError: if the program fails or takes longer.
    """
    _write_inputs(program.parent, inputs)
    run_program([str(program.resolve())], directory=program.parent, seconds=seconds)
    return _read_outputs(program.parent, len(inputs))


def build_arm(
    directory: Path,
    core: str,
    *,
    optimization: str = "-O2",
    flags: Sequence[str] = (),
    on_board: bool = True,
    kernels: Path | None = None,
) -> Path:
    """Compile a project for a core, warnings being errors, and give the ELF file.

    It fits the memory of the emulated board, or with `on_board` off may be of any size: then it is to be measured only.
    `kernels` is the folder of shared kernels, if the project has none of its own.

    Raises:
        ToolchainError: if the cross compiler is missing or fails.
        ConfigurationError: if the core is not known.
    """
    board, folder = core_named(core), _kernel_folder(directory, kernels)
    elf = directory / "build" / f"{core}{optimization}.elf"
    elf.parent.mkdir(exist_ok=True)
    memory = {
        "ROM_ORIGIN": board.rom_origin,
        "ROM_LENGTH": board.rom_length if on_board else MEASURED_LENGTH,
        "RAM_ORIGIN": board.ram_origin,
        "RAM_LENGTH": board.ram_length if on_board else MEASURED_LENGTH,
    }
    link = ["-nostartfiles", "-T", "cortexm.ld", "-Wl,--gc-sections"]
    link += [f"-Wl,--defsym={name}={value}" for name, value in memory.items()]
    run_program(
        [
            "arm-none-eabi-gcc",
            *arm_flags(core, optimization),
            *flags,
            f"-I{folder}",
            *link,
            f"-DPORT_CLOCK_HZ={board.clock_hz}",
            "main.c",
            "port_semihosting.c",
            *_sources(directory, folder),
            "-o",
            str(elf.resolve()),
        ],
        directory=directory,
        seconds=COMPILE_SECONDS,
    )
    return elf


def arm_flags(core: str, optimization: str) -> list[str]:
    """Return the cross compiler's flags, warnings included."""
    sections = ["-ffunction-sections", "-fdata-sections", "-Ikernels"]
    return [*core_named(core).cpu_flags.split(), "-mthumb", *WARNINGS, optimization, *sections]


def elf_sizes(elf: Path) -> ElfSizes:
    """Measure a program of `build_arm`.

    Raises:
        ToolchainError: if the binary utilities are missing.
    """
    listing = run_program(["arm-none-eabi-size", "-A", str(elf.resolve())], directory=elf.parent)
    sections = {name: int(size) for name, size in re.findall(r"^(\.\S+)\s+(\d+)\s", listing, re.MULTILINE)}
    symbols = run_program(["arm-none-eabi-nm", "-S", str(elf.resolve())], directory=elf.parent)
    found = re.findall(r"^\w+ (\w+) \w (\S+)$", symbols, re.MULTILINE)
    return ElfSizes(
        model_rom=sections.get(".model_rom", 0),
        model_ram=sections.get(".model_ram", 0),
        text=sections.get(".text", 0),
        symbols={name: int(size, 16) for size, name in found},
    )


def run_emulated(elf: Path, core: str, inputs: NDArray[np.int8], *, seconds: float = 600.0) -> EmulatedRun:
    """Run a program of `build_arm` over int8 inputs `(N, ...)` in QEMU.

    Raises:
        ToolchainError: if QEMU is missing or has no board with this core, or the program fails or takes longer.
        ConfigurationError: if the core is not known.
    """
    machine = core_named(core).machine
    if machine is None:
        raise ToolchainError(f"QEMU has no board with a {core} and enough memory")
    _write_inputs(elf.parent, inputs)
    command = ["qemu-system-arm", "-M", machine, "-nographic", "-monitor", "none", "-serial", "none"]
    command += ["-semihosting-config", "enable=on,target=native", "-icount", "shift=6"]
    # Semihosting prints to standard error.
    text = run_program([*command, "-kernel", str(elf.resolve())], directory=elf.parent, seconds=seconds)
    layers = re.findall(r"^layer \d+ instructions (\d+)$", text, re.MULTILINE)
    return EmulatedRun(
        outputs=_read_outputs(elf.parent, len(inputs)),
        sample_class=_number_if_any(r"^class (\d+)$", text),
        instructions=_number(r"^inference instructions (\d+)$", text),
        layer_instructions=tuple(map(int, layers)),
        detection_instructions=_number_if_any(r"^detection instructions (\d+)$", text),
    )


def toolchain_gap(program: str, core: str | None = None) -> str | None:
    """Say why a compiler cannot build for a core here; `None` where it can."""
    if shutil.which(program) is None:
        return _missing(program)
    if core is not None and core not in CORES:
        return f"{program} does not build for a {core}"
    return None


def run_program(command: Sequence[str], *, directory: Path, seconds: float = 60.0) -> str:
    """Run a program and give what it printed.

    Raises:
        ToolchainError: if it is missing (the message names the Debian package), fails or takes longer.
    """
    program = command[0]
    if shutil.which(program) is None:
        raise ToolchainError(_missing(program))
    try:
        done = subprocess.run(
            command,
            cwd=directory,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired as error:
        raise ToolchainError(f"{program} took longer than {seconds:.0f} s") from error
    if done.returncode != 0:
        raise ToolchainError(f"{program} failed with status {done.returncode}:\n{(done.stdout + done.stderr)[-2000:]}")
    return done.stdout + done.stderr


def _missing(program: str) -> str:
    return f"{program} is not installed; Debian's package is {PACKAGES.get(program, program)}"


def _kernel_folder(directory: Path, shared: Path | None) -> Path:
    return (directory / "kernels" if shared is None else shared).resolve()


def _sources(directory: Path, kernels: Path) -> list[str]:
    """Return the C files but the example and its ports, which are named where they are wanted."""
    model = sorted(path.name for path in directory.glob("*.c") if path.name not in ("main.c", "bench.c"))
    own = [name for name in model if not name.startswith("port_")]
    return [*own, *map(str, sorted(kernels.glob("*.c")))]


def _write_inputs(directory: Path, inputs: NDArray[np.int8]) -> None:
    (directory / "inputs.bin").write_bytes(np.ascontiguousarray(inputs, dtype=np.int8).tobytes())
    (directory / "outputs.bin").unlink(missing_ok=True)


def _read_outputs(directory: Path, count: int) -> NDArray[np.int8]:
    outputs = np.fromfile(directory / "outputs.bin", np.int8)
    if count == 0 or len(outputs) % count:
        raise ToolchainError(f"{len(outputs)} bytes came back for {count} inputs")
    return outputs.reshape(count, -1)


def _number_if_any(pattern: str, text: str) -> int | None:
    found = re.search(pattern, text, re.MULTILINE)
    return None if found is None else int(found.group(1))


def _number(pattern: str, text: str) -> int:
    found = _number_if_any(pattern, text)
    if found is None:
        raise ToolchainError(f"the emulated program did not print {pattern}; it printed:\n{text[-2000:]}")
    return found
