"""What the command `prototypenas` and `python -m prototypenas` start."""

import os
import signal
import sys


def main() -> None:
    """Run the command line, of which nothing is imported before an interrupt ends it in one line."""
    from prototypenas.command_line.interrupts import INTERRUPTED, end_at_once  # noqa: PLC0415

    signal.signal(signal.SIGINT, end_at_once)
    from prototypenas.errors import PluginError  # noqa: PLC0415

    try:
        from prototypenas.command_line.main import app  # noqa: PLC0415
    except PluginError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(2)
    try:
        app()
    except SystemExit as ended:
        if ended.code != INTERRUPTED:
            raise
        # While it shuts down, Python gives signals back to the system, whose answer to one more interrupt is to kill.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(INTERRUPTED)


if __name__ == "__main__":
    main()
