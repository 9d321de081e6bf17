import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_foreign_package_that_hides_ours_is_found_out_in_one_line(tmp_path):
    (tmp_path / "proxies").mkdir()
    (tmp_path / "proxies" / "__init__.py").write_text("")
    command = [sys.executable, "-m", "prototypenas", "list", "targets"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    found = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 2
    (line,) = found.stderr.splitlines()
    assert str(tmp_path / "proxies") in line and "start from another folder" in line
