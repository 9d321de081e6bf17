import logging
import warnings

import pytest

from prototypenas.runs.run_directory import RunDirectory
from prototypenas.runs.run_log import LOG_FILE


@pytest.mark.filterwarnings("default")
def test_steps_warnings_and_the_error_at_the_end_are_kept(tmp_path):
    run = RunDirectory.create(tmp_path / "run")
    with run.locked():
        logging.getLogger("prototypenas.pipeline").info("explore %d candidates", 7)
        warnings.warn("a library is older than it should be", stacklevel=1)
    with pytest.raises(ValueError, match="wrong"), run.locked():
        raise ValueError("something is wrong")
    logging.getLogger("prototypenas.pipeline").warning("after the run")
    first, *middle, last = (run.path / LOG_FILE).read_text().splitlines()
    assert first.endswith("INFO explore 7 candidates")
    assert any("WARNING" in line and "older than it should be" in line for line in middle)
    assert last.endswith("ERROR ended by ValueError: something is wrong")
    assert not list(run.path.glob("run.lock"))


def test_a_run_in_which_nothing_happens_has_no_log(tmp_path):
    run = RunDirectory.create(tmp_path / "run")
    with run.locked():
        pass
    assert not (run.path / LOG_FILE).exists()
