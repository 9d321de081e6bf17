"""The target of a run is the one it was explored for, or an error."""

from dataclasses import replace

import pytest

from prototypenas.app.known_targets import known_targets, recorded_target
from prototypenas.errors import ConfigurationError, RunDirectoryError
from prototypenas.exploration.candidate_evaluation import ExplorationTask
from prototypenas.runs.run_directory import RunDirectory
from prototypenas.types import Execution


@pytest.fixture
def run(tmp_path):
    target = replace(known_targets()["rp2040"], execution=Execution.LAYERS)
    limited = replace(target, budget=replace(target.budget, ram_bytes=1000))
    run = RunDirectory.create(tmp_path)
    run.bind(ExplorationTask({}, {}, (3, 8, 8), 2, limited, limited.budget).identity())
    return run


def test_the_limits_and_the_way_of_the_exploration_hold(run):
    found = recorded_target(known_targets(), run)
    assert found.name == "rp2040" and found.budget.ram_bytes == 1000 and found.execution is Execution.LAYERS


def test_a_target_that_became_another_microcontroller_or_is_gone_is_refused(run):
    targets = known_targets()
    with pytest.raises(RunDirectoryError, match=r"explored for rp2040 as a cortex-m0plus .* now it is a cortex-m4"):
        recorded_target({"rp2040": replace(targets["rp2040"], core="cortex-m4")}, run)
    with pytest.raises(ConfigurationError, match="unknown target 'rp2040'"):
        recorded_target({"stm32f746": targets["stm32f746"]}, run)


def test_a_file_of_targets_wins_over_ours(tmp_path):
    text = (
        '[rp2040]\ndescription = "mine"\ncore = "cortex-m0plus"\nclock_hz = 1\nram_bytes = 2\nrom_bytes = 3\n'
        'sources = ["me"]\n'
    )
    (tmp_path / "mine.toml").write_text(text)
    assert known_targets(target_files=[tmp_path / "mine.toml"])["rp2040"].clock_hz == 1
