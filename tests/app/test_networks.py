"""What a network's name means, and which input it is shown with."""

import pytest

from prototypenas.app.catalogue import gather
from prototypenas.app.networks import check_classes, network_to_measure, reference_of, usual_input
from prototypenas.errors import ConfigurationError
from search_spaces import PUBLISHED, REFERENCES


@pytest.fixture(scope="module")
def catalogue():
    return gather()


def test_a_published_network_has_an_input_of_its_own_which_may_be_replaced(catalogue):
    published = PUBLISHED["mcunet-in0"]
    assert network_to_measure(catalogue, "mcunet-in0", None, None, None)[1] == published.input_shape
    assert network_to_measure(catalogue, "mcunet-in0", None, (3, 32, 32), 4)[1] == (3, 32, 32)


def test_an_architecture_is_shown_as_its_reference_unless_configured(catalogue):
    network, shape = network_to_measure(catalogue, "mbednet", None, None, None)
    assert shape == usual_input("mbednet") == (3, 128, 128) and network.configuration == REFERENCES["mbednet"]
    text = "width=0.5 depths=1,1,1,1 kernels=3,3,3,3 strides=1,2,2,1"
    assert network_to_measure(catalogue, "mbednet", text, None, 3)[0].configuration.width == 0.5
    assert usual_input("inceptiontime") == (6, 512)


@pytest.mark.parametrize(
    ("name", "classes", "said"),
    [
        ("mbednett", None, "unknown network 'mbednett'"),
        ("mine.pt2", None, "the input of mine.pt2 is not known"),
        ("mine:net", None, "the input of mine:net is not known"),
        ("mbednet", 1, "mbednet tells classes apart"),
        ("mcunet-in0", 1, "mcunet-in0 tells classes apart"),
    ],
)
def test_what_is_not_known_is_said(name, classes, said, catalogue):
    with pytest.raises(ConfigurationError, match=said):
        network_to_measure(catalogue, name, None, None, classes)


def test_a_detector_may_have_one_class_and_a_plugin_has_no_reference(catalogue):
    check_classes(catalogue, "mbednet_detection", 1)
    with pytest.raises(ConfigurationError, match="toy has no reference configuration"):
        reference_of("toy")
