"""Published networks: simulator, C here and on three cores give equal bytes in both input forms; planned is linked."""

from functools import lru_cache

import pytest
import torch

from prototypenas.compression.calibration import calibrate
from prototypenas.compression.quantization import quantize
from prototypenas.graph.lowering import lower
from prototypenas.types import Execution
from search_spaces import PUBLISHED
from tests.deployment.candidates import FULL_PROOF, Candidate, Linker, check_everywhere

NETWORKS = (
    ("mcunet-in0", (3, 48, 48)),
    ("inceptiontime", (1, 256)),
    ("mcunet-in1", (3, 96, 96)),
    ("mobilenet-v2-0.35", (3, 128, 128)),
    ("mcunet-in2", (3, 160, 160)),
    ("mcunet-in3", (3, 176, 176)),
    ("mcunet-in4", (3, 160, 160)),
    ("mobilenet-v2-0.35", (3, 224, 224)),
    ("mobilenet-v2-0.5", (3, 224, 224)),
    ("mobilenet-v2-0.75", (3, 224, 224)),
    ("mobilenet-v2-1.0", (3, 224, 224)),
    ("squeezenet-1.1", (3, 224, 224)),
    ("resnet18-half", (3, 224, 224)),
)
"""Those whose constants fit the emulated board, with input shapes; ever larger, those after the first in the full
proof only."""

pytestmark = [pytest.mark.emulator, pytest.mark.slow]


@pytest.fixture(scope="module")
def linker(tmp_path_factory):
    return Linker(tmp_path_factory.mktemp("objects"))


@lru_cache(maxsize=1)
def published(name, shape):
    torch.manual_seed(0)
    module = PUBLISHED[name].build(PUBLISHED[name].num_classes).eval()
    shapes = lower(module, shape)
    graph = quantize(shapes, calibrate(shapes, [torch.randn(4, *shape)]))
    return Candidate(name, graph, torch.randn(1, *shape).numpy())


@pytest.mark.parametrize("execution", [Execution.AUTO, Execution.ROWS], ids=["whole input", "rows handed in"])
@pytest.mark.parametrize(("name", "shape"), NETWORKS if FULL_PROOF else NETWORKS[:1])
def test_a_published_network_is_the_same_everywhere(name, shape, execution, linker, tmp_path):
    check_everywhere(published(name, shape).run_as(execution), tmp_path, linker)
