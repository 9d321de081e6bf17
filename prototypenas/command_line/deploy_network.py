"""`prototypenas deploy NETWORK`: any PyTorch network as C and ONNX."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from prototypenas.app.settings import DEFAULT_TARGET, PartSettings
from prototypenas.command_line.output import console
from prototypenas.errors import ConfigurationError

if TYPE_CHECKING:
    from prototypenas.deployment.network_delivery import NetworkDelivery


def is_network(what: str) -> bool:
    """Whether an argument names a network rather than a run directory."""
    return (what.endswith(".pt2") or ":" in what) and not os.path.isdir(what)  # noqa: PTH112  (no error for long names)


def deploy_reference(
    what: str,
    *,
    calibration: Path | None,
    target: str | None,
    out: Path | None,
    prefix: str,
    shared_kernels: Path | None,
    execution: str,
    alignment: int,
    onnx: str | None,
    emulate: bool,
    parts: PartSettings,
) -> None:
    """Write a named network as C and ONNX and print what it needs and where it loses precision.

    Raises:
        ConfigurationError: if the calibration samples or the folder are not given.
    """
    from prototypenas.app.catalogue import gather
    from prototypenas.app.known_targets import EXECUTIONS, ONNX_FORMS
    from prototypenas.choices import choose
    from prototypenas.costing.network_reference import load_network
    from prototypenas.deployment.network_delivery import deploy_network, load_calibration

    if calibration is None or out is None:
        raise ConfigurationError("a network needs --calibration samples.npy and a folder: --out c/")
    catalogue = gather(parts.plugin, parts.target_files, parts.latency_tables)
    goal = choose("target", target or DEFAULT_TARGET, catalogue.targets)
    goal = replace(goal, execution=choose("execution", execution, EXECUTIONS))
    found = deploy_network(
        load_network(what),
        load_calibration(calibration),
        goal,
        out,
        name=prefix,
        prefix=prefix,
        shared_kernels=shared_kernels,
        alignment=alignment,
        onnx=choose("ONNX form", onnx or "batch", ONNX_FORMS),
        emulate=emulate,
    )
    _print(found)


def _print(found: NetworkDelivery) -> None:
    from prototypenas.reporting.console import print_table
    from prototypenas.reporting.listings import noise_table

    print_table(console, noise_table(found.noise))
    footprint = found.cost.footprint
    console.print(
        f"{found.directory}: RAM {footprint.ram_bytes:,} bytes, ROM {footprint.rom_bytes:,} bytes, "
        f"{found.cost.macs:,} MACs; outputs at {found.snr_db:.1f} dB with {found.observer} ranges"
    )
    console.print(f"the C equals the simulator in every byte on {', '.join(found.proven_on) or 'no machine here'}")
    if found.instructions is not None:
        console.print(f"{found.instructions:,} instructions an inference, which are not cycles")
    for note in found.notes:
        console.print(note)
