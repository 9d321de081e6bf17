"""Processor seconds until something is there: the package, the help, a list, a price.

    python -m benchmarks.start_up

Processor time, for other work on the machine changes it least; the best of `--times` runs.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "import prototypenas": ("-c", "import prototypenas"),
    "prototypenas --help": ("-m", "prototypenas", "--help"),
    "prototypenas list targets": ("-m", "prototypenas", "list", "targets"),
    "prototypenas list proxies": ("-m", "prototypenas", "list", "proxies"),
    "prototypenas measure mcunet-in0": ("-m", "prototypenas", "measure", "mcunet-in0"),
}


def processor_seconds(arguments: Sequence[str]) -> float:
    """Return the processor seconds that a fresh Python takes, user and system together."""
    before = os.times()
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
    after = os.times()
    return after.children_user - before.children_user + after.children_system - before.children_system


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="How long commands take to start.")
    parser.add_argument("--times", type=int, default=3)
    times = parser.parse_args().times
    print("| | processor seconds |\n|---|--:|")
    for name, arguments in COMMANDS.items():
        print(f"| `{name}` | {min(processor_seconds(arguments) for _ in range(times)):.2f} |")


if __name__ == "__main__":
    main()
