"""What the command `prototypenas` and `python -m prototypenas` start."""


def main() -> None:
    """Run the command line; imported only now, because every worker process imports this module again."""
    from prototypenas.command_line.main import app  # noqa: PLC0415

    app()


if __name__ == "__main__":
    main()
