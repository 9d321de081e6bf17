"""ProxylessNAS's space: what may be chosen, and the network that a choice is."""

import pytest
import torch

from prototypenas.errors import ConfigurationError, InvalidConfiguration
from search_spaces.proxyless_supernet import SUPERNETS, SupernetSpace, build_supernet, derived_network


def test_the_tiny_space_has_7_to_the_12_times_6_to_the_4_networks():
    choices = [len(names) for _, names in SUPERNETS["tiny"].places()]
    assert sorted(choices) == [6] * 4 + [7] * 12


@pytest.mark.parametrize("preset", ["tiny", "small"])
def test_the_derived_network_computes_what_the_chosen_path_does(preset):
    space = SUPERNETS[preset]
    torch.manual_seed(0)
    supernet = build_supernet(space, (3, 32, 32), 10).eval()
    supernet.draw_one(torch.Generator().manual_seed(3))
    names = supernet.names_of([edge.active for edge in supernet.edges])
    fixed = derived_network(space, names, "derived")
    network = fixed(fixed.configuration, (3, 32, 32), 10).eval()
    parts = [supernet.stem, *(edge.candidates[edge.active] for edge in supernet.edges), supernet.head]
    weights = [value for part in parts for value in part.state_dict().values()]
    assert [value.shape for value in weights] == [value.shape for value in network.state_dict().values()]
    network.load_state_dict(dict(zip(network.state_dict(), weights, strict=True)))
    inputs = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        assert torch.equal(network(inputs), supernet(inputs))


def test_maps_that_vanish_and_unknown_choices_are_refused():
    with pytest.raises(InvalidConfiguration, match="stage 4: a stride of 2 leaves nothing"):
        build_supernet(SUPERNETS["tiny"], (3, 8, 8), 10)
    with pytest.raises(InvalidConfiguration, match="images"):
        build_supernet(SUPERNETS["tiny"], (3, 128), 10)
    first, *rest = ["k3e3"] * 16
    with pytest.raises(InvalidConfiguration, match=r"superblock 0 may be .*, not 'skip'"):
        derived_network(SUPERNETS["tiny"], ["skip", *rest], "derived")
    assert derived_network(SUPERNETS["tiny"], [first, *rest], "derived").depths == (4, 4, 4, 4)
    with pytest.raises(ConfigurationError, match="4 of each are needed"):
        SupernetSpace((4, 4), (4, 6, 6), (1, 2, 2, 1), (2, 1, 1, 2))
