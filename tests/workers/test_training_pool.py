import functools
import multiprocessing
import os
import signal

import pytest
import torch

from prototypenas.errors import ConfigurationError, TrainingError
from prototypenas.plugins import PluginSource, load_plugin
from prototypenas.progress import Silent
from prototypenas.types import Evaluation
from prototypenas.workers.training_pool import LocalPool


class Recorded:
    def __init__(self):
        self.states = []

    def update(self, task, completed, total, note=""):
        self.states.append((task, completed, total, note))


def training(number, progress):
    if multiprocessing.parent_process() is not None:
        os.kill(os.getpid(), signal.SIGINT)  # as a terminal does to all; the coordinator decides
    progress.update(f"model {number}", 1, 1, str(os.getpid()))
    return Evaluation("accuracy", number / 10, 0.0, 0.0, torch.get_num_threads(), 0.0)


def killed(progress):
    os.kill(os.getpid(), signal.SIGKILL)


def broken(progress):
    raise ZeroDivisionError


def diverging(progress):
    raise TrainingError("the loss is NaN in epoch 3")


@pytest.mark.parametrize("workers", [1, 2])
def test_results_come_in_order_and_progress_comes_through(workers):
    recorded = Recorded()
    jobs = [functools.partial(training, number) for number in range(3)]
    evaluations = LocalPool(workers).train_all(jobs, plugins=(), progress=recorded)
    assert [evaluation.float_score for evaluation in evaluations] == [0.0, 0.1, 0.2]
    assert {state[0] for state in recorded.states} == {"model 0", "model 1", "model 2"}
    own = {state[3] for state in recorded.states} == {str(os.getpid())}
    assert own == (workers == 1)


@pytest.mark.parametrize("workers", [1, 2])
def test_the_error_of_a_training_is_raised(workers):
    with pytest.raises(TrainingError, match="NaN in epoch 3"):
        LocalPool(workers).train_all([diverging, functools.partial(training, 1)], plugins=(), progress=Silent())


@pytest.mark.slow
@pytest.mark.parametrize(("job", "message"), [(killed, "died with status -9"), (broken, "ZeroDivisionError")])
def test_a_process_that_dies_or_breaks_ends_the_others(job, message):
    with pytest.raises(TrainingError, match=message):
        LocalPool(2).train_all([job, functools.partial(training, 1)], plugins=(), progress=Silent())


PLUGIN = PluginSource(
    "mine.py",
    """
from prototypenas.types import Evaluation

def training(progress):
    return Evaluation("accuracy", 0.5, 0.0, 0.0, 1, 0.0)

PROXIES = {"training": training}
""",
)


def test_what_a_plugin_defines_is_known_in_the_training_processes():
    job = load_plugin(PLUGIN).proxies["training"]
    evaluations = LocalPool(2).train_all([job, job], plugins=(PLUGIN,), progress=Silent())
    assert [evaluation.float_score for evaluation in evaluations] == [0.5, 0.5]


def test_no_worker_is_refused():
    with pytest.raises(ConfigurationError, match="0 workers"):
        LocalPool(0)
