"""`prototypenas deploy NETWORK`: any PyTorch network as C and ONNX."""

from pathlib import Path

from rich.table import Table

from prototypenas.app.catalogue import gather
from prototypenas.app.settings import DEFAULT_TARGET, PartSettings
from prototypenas.choices import choose
from prototypenas.command_line.output import console
from prototypenas.costing.network_reference import load_network
from prototypenas.deployment.network_delivery import NetworkDelivery, deploy_network, load_calibration
from prototypenas.errors import ConfigurationError
from prototypenas.reporting.console import print_table


def is_network(what: str) -> bool:
    """Whether an argument names a network rather than a run directory."""
    return not Path(what).is_dir() and (what.endswith(".pt2") or ":" in what)


def deploy_reference(
    what: str,
    *,
    calibration: Path | None,
    target: str | None,
    out: Path | None,
    prefix: str,
    emulate: bool,
    parts: PartSettings,
) -> None:
    """Write a named network as C and ONNX and print what it needs and where it loses precision.

    Raises:
        ConfigurationError: if the calibration samples or the folder are not given.
    """
    if calibration is None or out is None:
        raise ConfigurationError("a network needs --calibration samples.npy and a folder: --out c/")
    catalogue = gather(parts.plugin, parts.target_files)
    goal = choose("target", target or DEFAULT_TARGET, catalogue.targets)
    found = deploy_network(
        load_network(what), load_calibration(calibration), goal, out, name=prefix, prefix=prefix, emulate=emulate
    )
    _print(found)


def _print(found: NetworkDelivery) -> None:
    table = Table("Layer", "SNR [dB]", "Own SNR [dB]", "Saturated [%]")
    for layer in found.noise:
        share = f"{100 * layer.saturated_share:.2f}"
        table.add_row(layer.operator, f"{layer.snr_db:.1f}", f"{layer.own_snr_db:.1f}", share)
    print_table(console, table)
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
