import shutil
import subprocess

import numpy as np
import pytest

from prototypenas.deployment.front_end import write_front_end
from prototypenas.deployment.toolchain import WARNINGS
from prototypenas.sound import FrontEnd, LogMel

COMPILER = shutil.which("cc")
MAIN = """
#include "log_mel.h"
#include <stdio.h>

static int16_t samples[LOG_MEL_CLIP];
static int8_t whole[LOG_MEL_INPUT_BYTES];
static int8_t pushed[LOG_MEL_INPUT_BYTES];

int main(void) {
    while (fread(samples, sizeof samples, 1, stdin) == 1) {
        log_mel_clip(samples, whole);
        for (uint32_t column = 0; column < LOG_MEL_FRAMES; column++) {
            log_mel_push(samples + column * LOG_MEL_HOP, pushed);
        }
        fwrite(whole, sizeof whole, 1, stdout);
        fwrite(pushed, sizeof pushed, 1, stdout);
    }
    return 0;
}
"""


def clips_for(log_mel: LogMel) -> np.ndarray:
    """Silence, single steps, noise of every loudness, and the extremes."""
    generator = np.random.default_rng(0)
    noise = [generator.integers(-(2**bits), 2**bits, log_mel.clip) for bits in range(16)]
    extremes = [np.full(log_mel.clip, value) for value in (0, 1, -1, 32_767, -32_768)]
    square = [np.where(np.arange(log_mel.clip) // width % 2, 32_767, -32_768) for width in (1, 2, 7, 100)]
    return np.stack(noise + extremes + square).astype(np.int16)


@pytest.mark.skipif(COMPILER is None, reason="no C compiler is installed")
@pytest.mark.parametrize(
    "log_mel",
    [
        LogMel(rate_hz=16_000, clip=16_000, frame=512, hop=320),
        LogMel(rate_hz=8_000, clip=6_400, frame=256, hop=160, bands=20),
        LogMel(rate_hz=44_100, clip=22_050, frame=2048, hop=882, bands=64),
    ],
    ids=lambda log_mel: f"{log_mel.rate_hz} Hz",
)
def test_the_c_gives_the_bytes_that_training_saw(log_mel, tmp_path):
    front_end = FrontEnd(log_mel, mean=97.3, deviation=31.7)
    write_front_end(front_end, tmp_path, scale=0.0237, zero_point=11)
    (tmp_path / "main.c").write_text(MAIN)
    flags = [*WARNINGS, "-std=c99", "-O1", "-fsanitize=undefined", "-fno-sanitize-recover=all"]
    subprocess.run([COMPILER, *flags, "main.c", "log_mel.c", "-o", "log_mel"], cwd=tmp_path, check=True)
    clips = clips_for(log_mel)
    done = subprocess.run([tmp_path / "log_mel"], input=clips.tobytes(), stdout=subprocess.PIPE, check=True)
    found = np.frombuffer(done.stdout, dtype=np.int8).reshape(len(clips), 2, log_mel.bands, log_mel.frames)
    features = log_mel.features(clips)
    expected = front_end.as_input(0.0237, 11)[features]
    assert np.array_equal(found[:, 0], expected)
    assert np.array_equal(found[:, 1], expected)
    assert len(np.unique(features)) > 100


@pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="gcc-arm-none-eabi is not installed")
def test_the_c_compiles_for_a_microcontroller_without_floating_point(tmp_path):
    write_front_end(FrontEnd(LogMel(16_000, 16_000, 512, 320), 100.0, 30.0), tmp_path, scale=0.02, zero_point=0)
    flags = [*WARNINGS, "-std=c99", "-Os", "-mcpu=cortex-m0", "-mthumb"]
    subprocess.run(["arm-none-eabi-gcc", *flags, "-c", "log_mel.c", "-o", "log_mel.o"], cwd=tmp_path, check=True)
    names = subprocess.run(["arm-none-eabi-nm", "log_mel.o"], cwd=tmp_path, check=True, capture_output=True, text=True)
    called = {line.split()[-1] for line in names.stdout.splitlines() if " U " in line}
    assert not [name for name in called if name.startswith(("__aeabi_f", "__aeabi_d"))]
