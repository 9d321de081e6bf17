"""What every Dask worker holds of a run; imported only where Dask is installed."""

import threading
from typing import Any

import torch
from distributed import WorkerPlugin

from prototypenas.workers.parcels import Parcel


class ParcelOnWorker(WorkerPlugin):
    """Keeps the parcel on each worker; Dask calls `setup` when it arrives or the worker joins."""

    def __init__(self, parcel: Parcel) -> None:
        self._parcel = parcel

    def setup(self, worker: Any) -> None:
        """Get ready for tasks."""
        self._opened: list[Any] = []
        self.lock = threading.Lock()

    def content(self) -> Any:
        """Open the parcel once, on one thread; by the first task, since a worker must not be silent for long."""
        if not self._opened:
            torch.set_num_threads(1)
            self._opened.append(self._parcel.open())
        return self._opened[0]
