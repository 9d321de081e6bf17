"""The wheel holds what it should, and works where nothing of the checkout is seen."""

import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_the_wheel_is_whole_breaks_nobody_and_works_elsewhere(tmp_path):
    if shutil.which("uv") is None:
        pytest.skip("no uv")
    subprocess.run(["uv", "build", "--wheel", "--quiet", "--out-dir", tmp_path, ROOT], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"prototypenas", "search_spaces", "proxies", "evaluators"}
    for needed in ("py.typed", "costing/targets.toml", "deployment/templates/main.c.j2", "deployment/kernels/nn.h"):
        assert f"prototypenas/{needed}" in names

    # An environment of its own with the wheel, which borrows the libraries: they take minutes to download.
    home = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    python = home / "bin" / "python"
    place = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place)
    Path(place, "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    printed = subprocess.run(
        [python, "-m", "prototypenas", "measure", "mcunet-in0", "--target", "rp2040"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert printed.returncode == 0, printed.stderr
    assert "RAM" in printed.stdout
