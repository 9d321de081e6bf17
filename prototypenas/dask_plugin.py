"""What every Dask worker holds of a run; imported only where Dask is installed."""

import threading
from typing import Any

import torch
from distributed import WorkerPlugin

from prototypenas.parcels import Parcel


class ParcelOnWorker(WorkerPlugin):
    """Opens the parcel once on each worker; Dask calls `setup` when it arrives or the worker joins."""

    def __init__(self, parcel: Parcel) -> None:
        self._parcel = parcel

    def setup(self, worker: Any) -> None:
        """Open the parcel, on one thread as everywhere."""
        torch.set_num_threads(1)
        self.content = self._parcel.open()
        self.lock = threading.Lock()
