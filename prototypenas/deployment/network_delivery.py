"""Any PyTorch network to C: lowered, calibrated, quantized, planned, written and proven in one call.

Whatever can be refused is refused before anything is written: operators, ranges, sums that leave 32 bits, the target's
memory. After writing, two things are held against the plan: the C's outputs on this machine (and on an emulated core)
against the simulator, byte by byte, and the linked sections against the planned bytes. A difference is an error and not
a warning, so that a delivered folder has been proven as far as the tools here allow; `proven_on` says how far.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from prototypenas.compression.layer_noise import LayerNoise, layer_noise
from prototypenas.compression.observer_choice import ObserverChoice, quantize_with_least_noise
from prototypenas.compression.simulator import quantize_input, simulate_rows
from prototypenas.costing.footprint import check_fits, cost_of
from prototypenas.costing.memory_plan import ALIGNMENT, MemoryPlan, plan_memory
from prototypenas.deployment.c_project import PREFIX, write_c_project
from prototypenas.deployment.model_card import write_model_card
from prototypenas.deployment.onnx_form import OnnxForm
from prototypenas.deployment.onnx_writer import write_onnx
from prototypenas.deployment.toolchain import (
    build_arm,
    build_host,
    elf_sizes,
    run_emulated,
    run_host,
    toolchain_gap,
)
from prototypenas.errors import ConfigurationError, DatasetError, ToolchainError
from prototypenas.graph.graph import Graph, IntegerGraph
from prototypenas.graph.graph_file import GRAPH, save_graph
from prototypenas.graph.lowering import lower
from prototypenas.types import Cost, InputShape, Target

LEAST_SAMPLES = 8
"""Calibration samples; ranges from fewer mean little."""
PROVEN_SAMPLES = 64
"""Calibration samples that the compiled C must give the simulator's bytes for."""
BATCH = 64
ONNX = "model_int8.onnx"


@dataclass(frozen=True, eq=False)
class NetworkDelivery:
    """A network as a C project, and what was found out about it."""

    directory: Path
    """Holds the C project, `model_int8.onnx` and `graph_int8.npz`."""
    graph: IntegerGraph
    plan: MemoryPlan
    cost: Cost
    observer: str
    """How the ranges were chosen: the observer of least noise."""
    snr_db: float
    """Signal-to-noise ratio of the outputs in int8, in decibel."""
    noise: tuple[LayerNoise, ...]
    """Layer by layer; the lowest `own_snr_db` is the layer that hurts."""
    proven_on: tuple[str, ...]
    """Where the compiled C gave the simulator's bytes."""
    instructions: int | None
    """Of one inference on the emulated core; instructions are not cycles."""
    notes: tuple[str, ...]
    """What was left out of the network, and what could not be done here."""

    def __repr__(self) -> str:
        footprint = self.cost.footprint
        return (
            f"NetworkDelivery({str(self.directory)!r}: {len(self.graph.operators)} layers, "
            f"RAM {footprint.ram_bytes} B, ROM {footprint.rom_bytes} B, {self.snr_db:.1f} dB with {self.observer}, "
            f"proven on {', '.join(self.proven_on) or 'nothing'})"
        )

    def _repr_html_(self) -> str:
        from prototypenas.reporting.notebook import table_html  # noqa: PLC0415  (reporting imports this room)
        from prototypenas.reporting.table import Table  # noqa: PLC0415

        footprint = self.cost.footprint
        rows = (
            ("C project", str(self.directory)),
            ("RAM", f"{footprint.ram_bytes:,} bytes"),
            ("ROM", f"{footprint.rom_bytes:,} bytes"),
            ("MACs", f"{self.cost.macs:,}"),
            ("int8 against float", f"{self.snr_db:.1f} dB, ranges by {self.observer}"),
            ("same bytes proven on", ", ".join(self.proven_on) or "nothing"),
            *(("note", note) for note in self.notes),
        )
        return table_html(Table(("Delivered", ""), rows, names=2))


def deploy_network(
    module: nn.Module,
    calibration: Tensor | NDArray[np.float32],
    target: Target,
    directory: Path,
    *,
    name: str = "network",
    prefix: str = PREFIX,
    shared_kernels: Path | None = None,
    alignment: int = ALIGNMENT,
    onnx: OnnxForm = OnnxForm.BATCH,
    emulate: bool = False,
) -> NetworkDelivery:
    """Write a network as C and ONNX; the C's outputs equal the simulator's in every byte, or nothing is delivered.

    `calibration` are inputs `(N, C, H, W)`, `(N, C, T)` or `(N, F)` as the module takes them, at least eight of them
    and like those it will meet. The module is not changed. Every tensor starts at a multiple of `alignment` bytes.
    `shared_kernels` is a folder for the kernels of several models, which is made or added to.

    Raises:
        ConfigurationError: if the samples are too few, the module refuses their shape, or the target is too small.
        DatasetError: if the samples are not finite, or all alike.
        LoweringError: naming every module that has no operator.
        QuantizationError: if integers cannot hold a layer, or an output never changes.
        ToolchainError: if the C does not compile or differs in any byte, or `emulate` is set and a tool is missing.
    """
    samples = checked_samples(calibration)
    graph = lower(module, tuple(samples.shape[1:]))
    choice = quantize_with_least_noise(graph, list(torch.split(samples, BATCH)))
    plan = plan_memory(choice.graph, target.execution, alignment=alignment)
    check_fits(cost := cost_of(choice.graph, target, plan), target)
    shown = samples[:PROVEN_SAMPLES]
    given, expected = _simulated(choice.graph, shown)
    write_c_project(
        choice.graph,
        plan,
        directory,
        name=name,
        target=target,
        sample=given[0],
        prefix=prefix,
        shared_kernels=shared_kernels,
    )
    write_onnx(choice.graph, directory / ONNX, form=onnx)
    save_graph(choice.graph, directory / GRAPH)
    builder = _Builder(directory, target.core, shared_kernels)
    proof = _proven(builder, given, expected, cost, emulate=emulate)
    found = _findings(choice.snr_db[choice.observer], proof)
    write_model_card(directory, choice.graph, plan, cost, target, name=name, findings=found)
    return _delivered(directory, graph, choice, plan, cost=cost, shown=shown, proof=proof)


def _delivered(
    directory: Path,
    graph: Graph,
    choice: ObserverChoice,
    plan: MemoryPlan,
    *,
    cost: Cost,
    shown: Tensor,
    proof: "_Proof",
) -> NetworkDelivery:
    return NetworkDelivery(
        directory=directory,
        graph=choice.graph,
        plan=plan,
        cost=cost,
        observer=choice.observer,
        snr_db=choice.snr_db[choice.observer],
        noise=layer_noise(graph, choice.graph, shown),
        proven_on=proof.places,
        instructions=proof.instructions,
        notes=(*graph.notes, *proof.notes),
    )


def _simulated(graph: IntegerGraph, samples: Tensor) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    """Return samples as int8, and the outputs that the C has to give."""
    given = quantize_input(graph, samples.numpy())
    expected = simulate_rows(graph, given)
    if len(expected) > 1 and (expected == expected[0]).all():
        raise DatasetError("the network gives the same output for every calibration sample; are they its own?")
    return given, expected


def load_calibration(path: Path, shape: InputShape | None = None) -> NDArray[np.float32]:
    """Read samples from a `.npy` file, or the array `x` of an `.npz` file.

    Raises:
        DatasetError: if the file cannot be read, holds no numbers, or samples of another shape than `shape`.
    """
    try:
        found = np.load(path, allow_pickle=False)
        values = found["x"] if isinstance(found, Mapping) else found
    except (OSError, ValueError, EOFError) as error:
        raise DatasetError(f"{path} is no array of calibration samples: {error}") from error
    except KeyError as error:
        raise DatasetError(f"{path} holds no array x; calibration samples are a .npy file or x of an .npz") from error
    if values.dtype.kind not in "fiu":
        raise DatasetError(f"{path} holds {values.dtype}; calibration samples are numbers")
    if shape is not None and tuple(values.shape[1:]) != tuple(shape):
        raise DatasetError(f"{path} holds samples of {values.shape[1:]}; the network takes {tuple(shape)}")
    samples: NDArray[np.float32] = values.astype(np.float32)
    return samples


def checked_samples(calibration: Tensor | NDArray[np.float32]) -> Tensor:
    """Return calibration samples as float32 on the CPU.

    Raises:
        ConfigurationError: if they are too few, or have a shape that no network takes.
        DatasetError: if they are not finite, or all alike.
    """
    samples = torch.as_tensor(calibration).detach().cpu().float()
    if samples.dim() not in (2, 3, 4):
        raise ConfigurationError(
            f"calibration samples of {tuple(samples.shape)}; wanted are (N, C, H, W), (N, C, T), (N, F)"
        )
    if len(samples) < LEAST_SAMPLES:
        raise ConfigurationError(f"{len(samples)} calibration samples; at least {LEAST_SAMPLES} are needed")
    if not torch.isfinite(samples).all():
        raise DatasetError("a calibration sample holds a value that is not finite")
    if (samples == samples.flatten()[0]).all():
        raise DatasetError(f"every calibration value is {float(samples.flatten()[0]):g}: no ranges to find")
    return samples


@dataclass(frozen=True)
class _Proof:
    places: tuple[str, ...]
    instructions: int | None
    notes: tuple[str, ...]


def _findings(snr_db: float, proof: _Proof) -> dict[str, str]:
    found = {
        "Noise of int8": f"{snr_db:.1f} dB at the outputs, over the calibration samples",
        "Equal to the simulator in every byte": ", ".join(proof.places) or "not compiled here",
    }
    if proof.instructions is None:
        return found
    return found | {"Emulated": f"{proof.instructions:,} instructions an inference, which are not cycles"}


@dataclass(frozen=True)
class _Builder:
    """Compiles the project here and for its target."""

    directory: Path
    core: str
    shared_kernels: Path | None

    def host(self) -> Path:
        return build_host(self.directory, kernels=self.shared_kernels)

    def arm(self, *, on_board: bool) -> Path:
        return build_arm(self.directory, self.core, on_board=on_board, kernels=self.shared_kernels)


def _proven(
    builder: _Builder, given: NDArray[np.int8], expected: NDArray[np.int8], cost: Cost, *, emulate: bool
) -> _Proof:
    places, notes, instructions = [], [], None
    gap = toolchain_gap("cc")
    if gap:
        notes.append(f"the C was not compiled: {gap}")
    else:
        _compare(run_host(builder.host(), given), expected, "this machine")
        places.append("this machine")
    gap = toolchain_gap("arm-none-eabi-gcc", builder.core)
    if gap and emulate:
        raise ToolchainError(f"nothing to emulate: {gap}")
    if gap:
        notes.append(f"the ELF was not measured: {gap}")
    else:
        sizes = elf_sizes(builder.arm(on_board=emulate))
        parts = cost.footprint
        planned = (parts.rom_bytes - parts.code_bytes, parts.activations_bytes + parts.scratch_bytes)
        if (sizes.model_rom, sizes.model_ram) != planned:
            raise ToolchainError(
                f"planned {planned} bytes, linked {(sizes.model_rom, sizes.model_ram)}: the plan is wrong"
            )
    if emulate:
        run = run_emulated(builder.arm(on_board=True), builder.core, given[:4])
        _compare(run.outputs, expected[:4], f"an emulated {builder.core}")
        places.append(f"an emulated {builder.core}")
        instructions = run.instructions
    return _Proof(tuple(places), instructions, tuple(notes))


def _compare(found: NDArray[np.int8], expected: NDArray[np.int8], where: str) -> None:
    differing = int((found != expected).any(axis=1).sum())
    if differing:
        raise ToolchainError(f"the C on {where} differs from the simulator on {differing} of {len(found)} samples")
