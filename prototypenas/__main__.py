"""What the command `prototypenas` and `python -m prototypenas` start."""

import sys


def main() -> None:
    """Run the command line; imported only now, because every worker process imports this module again."""
    from prototypenas.errors import PluginError  # noqa: PLC0415

    try:
        from prototypenas.command_line.main import app  # noqa: PLC0415
    except PluginError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(2)
    app()


if __name__ == "__main__":
    main()
