from functools import partial

import pytest

from prototypenas.errors import TrainingError
from prototypenas.progress import Silent
from prototypenas.training.trainings import train_all
from prototypenas.workers.in_process import InProcess
from prototypenas.workers.local_processes import LocalProcesses
from tests.workers.work import told


def train(kind, **jobs):
    trainings = {name: partial(told, job) for name, job in jobs.items()}
    return train_all(kind, trainings, plugins=(), progress=Silent())


def test_results_come_in_order(tmp_path):
    jobs = {"long": ("sleep", 0.3), "short": ("sleep", 0.0), "continued": ("die once", str(tmp_path / "scar"))}
    assert train(LocalProcesses(2), **jobs) == list(jobs.values())
    assert train(InProcess(), **jobs) == list(jobs.values())


@pytest.mark.parametrize("kind", [InProcess(), LocalProcesses(2)], ids=["in process", "local"])
def test_the_error_of_a_training_is_raised(kind):
    with pytest.raises(TrainingError, match=r"^the loss is NaN in epoch 3$"):
        train(kind, diverging=("ours",), good=("sleep", 0.0))


def test_what_nobody_foresaw_is_told_in_one_line():
    with pytest.raises(TrainingError, match=r"^broken: ZeroDivisionError: integer division by zero \(work"):
        train(InProcess(), broken=("theirs",))
    with pytest.raises(TrainingError, match=r"^large: it needs more memory than there is$"):
        train(InProcess(), large=("memory",))


def test_a_training_that_keeps_killing_its_worker_ends_the_others():
    with pytest.raises(TrainingError, match=r"^killed: its worker died 2 times .*SIGKILL.*is there enough memory"):
        train(LocalProcesses(2), killed=("die",), other=("hang",))
