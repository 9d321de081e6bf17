"""What the command `prototypenas` and `python -m prototypenas` start."""

import signal


def main() -> None:
    """Run the command line, of which nothing is imported before an interrupt ends it in one line."""
    from prototypenas.command_line.interrupts import end_at_once  # noqa: PLC0415

    signal.signal(signal.SIGINT, end_at_once)
    from prototypenas.command_line.main import app  # noqa: PLC0415

    app()


if __name__ == "__main__":
    main()
