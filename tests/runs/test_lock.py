import subprocess
import sys

import pytest

from prototypenas.errors import RunDirectoryError
from prototypenas.runs.lock import LOCK, locked

HOLD = """
import pathlib, sys
from prototypenas.runs.lock import locked
with locked(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_directory_in_use_is_refused_with_its_holder(holder, tmp_path):
    said = rf"in use by process {holder.pid} on .* since \d{{4}}-"
    with pytest.raises(RunDirectoryError, match=said), locked(tmp_path):
        pass
    holder.stdin.close()
    holder.wait()
    with locked(tmp_path):
        assert (tmp_path / LOCK).exists()
    assert not (tmp_path / LOCK).exists()


def test_what_a_killed_process_left_is_taken_over(holder, tmp_path):
    holder.kill()
    holder.wait()
    assert str(holder.pid) in (tmp_path / LOCK).read_text()
    with locked(tmp_path):
        assert f'"process": {holder.pid},' not in (tmp_path / LOCK).read_text()


def test_one_process_cannot_hold_it_twice(tmp_path):
    with locked(tmp_path), pytest.raises(RunDirectoryError, match="in use by process"), locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(RunDirectoryError, match="cannot write"), locked(tmp_path / "nowhere"):
        pass
