"""What a network's name means: a published network, an architecture, or a file or function of the user's."""

from torch import nn

from prototypenas.app.arguments import CONFIGURATION_FORM, parse_configuration
from prototypenas.app.catalogue import Catalogue, merged
from prototypenas.choices import choose
from prototypenas.costing.network_reference import load_network
from prototypenas.errors import ConfigurationError
from prototypenas.types import Configuration, InputShape
from search_spaces import PUBLISHED, REFERENCES, TIME_SERIES_POOL

USUAL_CLASSES = 10
"""Of an architecture that is looked at without any data."""


def network_to_measure(
    catalogue: Catalogue, name: str, configuration: str | None, shape: InputShape | None, classes: int | None
) -> tuple[nn.Module, InputShape]:
    """Return the network of that name and its input shape without the batch.

    Raises:
        ConfigurationError: for an unknown name, a bad configuration, one class where there is nothing to detect, or
            an input that is not known.
    """
    if name in PUBLISHED:
        check_classes(catalogue, name, classes or USUAL_CLASSES)
        published = PUBLISHED[name]
        return published.build(classes or published.num_classes), shape or published.input_shape
    if name in catalogue.baselines:
        configured = parse_configuration(name, configuration) if configuration else reference_of(name)
        shape = shape or usual_input(name)
        check_classes(catalogue, name, classes or USUAL_CLASSES)
        return catalogue.baselines[name](configured, shape, classes or USUAL_CLASSES), shape
    if ":" not in name and not name.endswith(".pt2"):
        choose("network", name, merged(PUBLISHED, [catalogue.baselines]))
    if shape is None:
        raise ConfigurationError(f"the input of {name} is not known; give --input CxHxW or CxT")
    return load_network(name), shape


def check_classes(catalogue: Catalogue, name: str, classes: int) -> None:
    """Refuse a lone class to a network that tells classes apart; a detector may look for one kind of object.

    Raises:
        ConfigurationError: naming the network.
    """
    if classes < 2 and name not in catalogue.pools["detection"]:
        raise ConfigurationError(f"{name} tells classes apart and needs at least 2, not {classes}")


def usual_input(architecture: str) -> InputShape:
    """Return the input shape an architecture is shown with if none is asked for."""
    return (6, 512) if architecture in TIME_SERIES_POOL else (3, 128, 128)


def reference_of(architecture: str) -> Configuration:
    """Return an architecture's reference configuration.

    Raises:
        ConfigurationError: for a plug-in's, which has none.
    """
    if architecture not in REFERENCES:
        raise ConfigurationError(f"{architecture} has no reference configuration; give one as {CONFIGURATION_FORM!r}")
    return REFERENCES[architecture]
