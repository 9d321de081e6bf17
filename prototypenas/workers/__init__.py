"""Where work is done: this process, local processes, Dask workers."""
