"""MobileNetV2 against torchvision, which nobody here wrote."""

import pytest
import torchvision

from search_spaces import PUBLISHED


@pytest.mark.parametrize(("name", "width"), [("mobilenet-v2-1.0", 1.0), ("mobilenet-v2-0.35", 0.35)])
def test_published_network_takes_torchvisions_weights(name, width, takes_state_dict):
    theirs = torchvision.models.mobilenet_v2(width_mult=width)
    takes_state_dict(PUBLISHED[name].build(1000), theirs, (3, 96, 96))
