"""The connection to a Dask scheduler (`pip install prototypenas[dask]`), and the parcel on each of its workers."""

import contextlib
import importlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from prototypenas.errors import ConfigurationError, WorkerError

CONNECT_SECONDS = 30
CLOSE_SECONDS = 5
"""A scheduler that is gone is not waited for at the end."""

REGISTRATIONS = 5
"""A worker that dies while it is told of the work ends the telling; it is then told again to those that are left."""


@contextmanager
def connected(scheduler: str) -> Iterator[Any]:
    """Return a client of the scheduler at `tcp://host:port`.

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
        if client.status == "running":
            with lost_connections():
                client.close(timeout=CLOSE_SECONDS)


@contextmanager
def on_every_worker(client: Any, parcel: bytes, *, patience: float | None) -> Iterator[str]:
    """Send every worker the pickled parcel, those that join later too; what comes is the name to find it by.

    Raises:
        WorkerError: if the scheduler cannot be told.
    """
    name = f"prototypenas-{uuid.uuid4().hex}"
    module = importlib.import_module("prototypenas.workers.dask_plugin")
    plugin = module.LocalPoolOnWorker(parcel, patience)
    for attempt in range(1, REGISTRATIONS + 1):
        try:
            client.register_plugin(plugin, name=name)
            break
        except OSError as error:
            if attempt == REGISTRATIONS or client.status != "running":
                raise WorkerError(f"the Dask workers cannot be told of the work: {error}") from error
    try:
        yield name
    finally:
        if client.status == "running":
            with lost_connections():
                client.unregister_worker_plugin(name)


def lost_connections() -> Any:
    """Ignore, while ending, that the scheduler or a worker has ended before."""
    return contextlib.suppress(OSError, RuntimeError, distributed().client.FutureCancelledError)


def distributed() -> Any:
    """Return Dask's package.

    Raises:
        ConfigurationError: if it is not installed.
    """
    try:
        return importlib.import_module("distributed")
    except ImportError as error:
        raise ConfigurationError("a Dask scheduler needs Dask; `pip install prototypenas[dask]` brings it") from error
