"""Deploy any network from Python."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from prototypenas.app.catalogue import gather
from prototypenas.app.known_targets import EXECUTIONS, ONNX_FORMS
from prototypenas.app.settings import DEFAULT_TARGET
from prototypenas.choices import choose
from prototypenas.costing.memory_plan import ALIGNMENT
from prototypenas.costing.network_reference import load_network
from prototypenas.deployment.network_delivery import NetworkDelivery, deploy_network
from prototypenas.types import Target


def deploy(
    network: str | nn.Module,
    *,
    calibration: Tensor | NDArray[np.float32],
    out: str | Path,
    target: str | Target = DEFAULT_TARGET,
    prefix: str = "model",
    shared_kernels: str | Path | None = None,
    execution: str = "auto",
    alignment: int = ALIGNMENT,
    onnx: str = "batch",
    emulate: bool = False,
) -> NetworkDelivery:
    """Write a network of yours as C and ONNX into the folder `out`, proven to give the simulator's bytes.

    `network` is a module, `file.pt2` or `module:function`; `calibration` are at least eight inputs `(N, ...)` as the
    network takes them. `execution` says how the C runs the network; every tensor starts at a multiple of `alignment`
    bytes. `shared_kernels` is a folder for the kernels of several models of one firmware, each with a `prefix` of its
    own. `onnx` is `batch`, or `one` for a batch of one. `emulate` also runs the C on an emulated core of the target.

    Raises:
        ConfigurationError: for an unknown target or one too small, too few samples, or a reference that is no network.
        DatasetError: for samples that are not finite or all alike.
        LoweringError: naming every module that has no operator.
        QuantizationError: if integers cannot hold a layer.
        ToolchainError: if the C does not compile or differs in any byte.
    """
    module = load_network(network) if isinstance(network, str) else network
    goal = choose("target", target, gather().targets) if isinstance(target, str) else target
    goal = replace(goal, execution=choose("execution", execution, EXECUTIONS))
    return deploy_network(
        module,
        calibration,
        goal,
        Path(out),
        name=prefix,
        prefix=prefix,
        shared_kernels=None if shared_kernels is None else Path(shared_kernels),
        alignment=alignment,
        onnx=choose("ONNX form", onnx, ONNX_FORMS),
        emulate=emulate,
    )
