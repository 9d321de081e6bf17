"""A PostgreSQL server of a test's own, which it may stop and start."""

import os
import shlex
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
"""Where distributions keep what only the server's user starts."""


@dataclass(frozen=True)
class Server:
    """A server on this machine, its files in `folder`."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        """URL of its only database, for an Optuna storage."""
        return f"postgresql+pg8000://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        self.run("pg_ctl", "-D", f"{self.folder}/data", "-o", options, "-w", "-l", f"{self.folder}/log", "start")

    def stop(self) -> None:
        """End it at once, as a machine that fails does: no client hears of it."""
        self.run("pg_ctl", "-D", f"{self.folder}/data", "-m", "immediate", "stop")

    def run(self, program: str, *arguments: str) -> None:
        """Run one of its programs; root lends it a user, for it refuses to run as root."""
        command = [str(PROGRAMS[-1] / program), *arguments]
        if os.getuid() == 0:
            command = ["su", "postgres", "-s", "/bin/sh", "-c", shlex.join(command)]
        subprocess.run(command, cwd=self.folder, stdout=subprocess.DEVNULL, check=True)


@contextmanager
def postgresql(folder: Path) -> Iterator[Server]:
    """Start a fresh server in an empty folder; it is ended with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server = Server(folder, free.getsockname()[1])
    folder.chmod(0o777)
    server.run("initdb", "-D", f"{folder}/data", "--auth=trust", "--username=postgres", "--no-sync")
    server.start()
    try:
        yield server
    finally:
        server.stop()
