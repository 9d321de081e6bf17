"""The folder of kernels that several models of one firmware share, as a library of its own."""

from collections.abc import Iterable
from importlib import resources
from pathlib import Path

from jinja2 import Environment

from prototypenas.errors import ConfigurationError

BUILD_FILES = ("CMakeLists.txt", "library.json", "library.properties", "idf_component.yml", "zephyr/module.yml")
"""Written from `templates/shared_kernels/`: the folder for CMake, PlatformIO, Arduino, ESP-IDF and Zephyr."""


def write_shared_kernels(files: Iterable[str], folder: Path, environment: Environment) -> None:
    """Add kernels to a folder that may hold those of other models.

    Raises:
        ConfigurationError: if the folder holds a file of that name with other text, as another version writes it;
            nothing is written then.
    """
    source = resources.files("prototypenas.deployment").joinpath("kernels")
    texts = {file: source.joinpath(file).read_bytes() for file in files}
    for file, text in texts.items():
        held = folder / file
        if held.exists() and held.read_bytes() != text:
            raise ConfigurationError(
                f"{held} is of another version; models that share their kernels are deployed with one version"
            )
    (folder / "zephyr").mkdir(parents=True, exist_ok=True)
    for file, text in texts.items():
        (folder / file).write_bytes(text)
    for file in BUILD_FILES:
        text_of_file = environment.get_template(f"shared_kernels/{file}.j2").render()
        (folder / file).write_text(text_of_file, encoding="utf-8")
