"""The workers of a Dask scheduler, on this machine or many (`pip install prototypenas[dask]`).

Workers need this package and one thread each: `dask worker tcp://scheduler:8786 --nthreads 1`. Under SLURM
`dask_jobqueue.SLURMCluster(cores=1, processes=1, memory="4GB")` starts them, and its scheduler's address is given here.
A worker that has a GPU is started with `--resources "GPU=1"`, and gets one task at a time of those that ask for it.
A lost worker's task goes to another; how many losses one may cause is the scheduler's setting
`distributed.scheduler.allowed-failures`.
"""

import importlib
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from prototypenas.errors import ConfigurationError
from prototypenas.workers.parcels import Parcel

CONNECT_SECONDS = 30


@contextmanager
def connected(scheduler: str) -> Iterator[Any]:
    """Give a client of the scheduler at `tcp://host:port`.

    Raises:
        ConfigurationError: if Dask is not installed, or the scheduler does not answer.
    """
    dask = distributed()
    try:
        client = dask.Client(scheduler, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"the Dask scheduler {scheduler} does not answer: {error}") from error
    try:
        yield client
    finally:
        client.close()


@contextmanager
def on_every_worker(client: Any, parcel: Parcel) -> Iterator[str]:
    """Give every worker the parcel, those that join later too; what comes is the name to find it by."""
    name = f"prototypenas-{uuid.uuid4().hex}"
    plugin = importlib.import_module("prototypenas.workers.dask_plugin")
    client.register_plugin(plugin.ParcelOnWorker(parcel), name=name)
    try:
        yield name
    finally:
        client.unregister_worker_plugin(name)


@contextmanager
def content_here(name: str) -> Iterator[Any]:
    """Give, on a worker, the content of its parcel; to one task at a time: PyTorch's random state is shared."""
    plugin = distributed().get_worker().plugins[name]
    with plugin.lock:
        yield plugin.content()


def asked_resources(gpus: int) -> Mapping[str, int] | None:
    """Give the Dask resources of a task that needs so many GPUs."""
    return {"GPU": gpus} if gpus else None


def distributed() -> Any:
    """Give Dask's package.

    Raises:
        ConfigurationError: if it is not installed.
    """
    try:
        return importlib.import_module("distributed")
    except ImportError as error:
        raise ConfigurationError("a Dask scheduler needs Dask; `pip install prototypenas[dask]` brings it") from error
