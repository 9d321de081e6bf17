"""What is said of a scheduler that does not answer, and of a machine without Dask; no cluster is started."""

import importlib

import pytest

from prototypenas.errors import ConfigurationError, WorkerError
from prototypenas.workers import dask_cluster


class Client:
    status = "running"

    def __init__(self, failures):
        self.failures, self.registered, self.unregistered = failures, [], []

    def register_plugin(self, plugin, name):
        self.registered.append(name)
        if len(self.registered) <= self.failures:
            raise OSError("a worker died")

    def unregister_worker_plugin(self, name):
        self.unregistered.append(name)


def test_without_dask_the_extra_is_named(monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(ConfigurationError, match=r"pip install prototypenas\[dask\]"):
        dask_cluster.distributed()


def test_a_worker_that_dies_while_it_is_told_is_no_end_and_the_work_is_taken_back():
    pytest.importorskip("distributed")
    client = Client(failures=dask_cluster.REGISTRATIONS - 1)
    with dask_cluster.on_every_worker(client, b"", patience=None) as name:
        assert client.registered == [name] * dask_cluster.REGISTRATIONS and not client.unregistered
    assert client.unregistered == [name]


def test_one_that_can_never_be_told_is_an_error():
    pytest.importorskip("distributed")
    client = Client(failures=dask_cluster.REGISTRATIONS)
    with (
        pytest.raises(WorkerError, match="cannot be told of the work: a worker died"),
        dask_cluster.on_every_worker(client, b"", patience=None),
    ):
        raise AssertionError
