"""What is said of a program that is missing, fails, or never ends."""

import sys

import numpy as np
import pytest

from prototypenas.deployment.toolchain import PACKAGES, arm_flags, run_host, run_program
from prototypenas.errors import ConfigurationError, ToolchainError


@pytest.mark.parametrize("program", ["arm-none-eabi-gcc", "qemu-system-arm"])
def test_a_missing_program_names_the_package_that_brings_it(program, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolchainError, match=PACKAGES[program].split()[0]):
        run_program([program, "--version"], directory=tmp_path)


def test_what_a_program_printed_last_is_told_and_how_long_it_may_take(tmp_path):
    with pytest.raises(ToolchainError, match="the reason"):
        run_program([sys.executable, "-c", "import sys; sys.exit('the reason')"], directory=tmp_path)
    with pytest.raises(ToolchainError, match="took longer than"):
        run_program([sys.executable, "-c", "import time; time.sleep(9)"], directory=tmp_path, seconds=0.2)
    assert run_program([sys.executable, "-c", "print('fine')"], directory=tmp_path) == "fine\n"


def test_outputs_that_are_not_whole_samples_are_refused(tmp_path):
    program = tmp_path / "host"
    program.write_text(f"#!{sys.executable}\nfrom pathlib import Path\nPath('outputs.bin').write_bytes(b'abc')\n")
    program.chmod(0o755)
    with pytest.raises(ToolchainError):
        run_host(program, np.zeros((2, 4), np.int8))


def test_an_unknown_core_has_no_flags():
    assert "-mcpu=cortex-m0plus" in arm_flags("cortex-m0plus", "-O2") and "-Werror" in arm_flags("cortex-m7", "-O2")
    with pytest.raises(ConfigurationError, match="core cortex-m1"):
        arm_flags("cortex-m1", "-O2")
