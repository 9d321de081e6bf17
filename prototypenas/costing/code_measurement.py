"""Measures code and stack of the kernels in a written C project, for the table that prices searched networks."""

import re
from collections.abc import Mapping
from pathlib import Path

from prototypenas.deployment.toolchain import arm_flags, build_arm, elf_sizes, run_program
from prototypenas.graph.operators import KERNELS

LIBRARY_STACK = 32
"""Bytes allowed to what is linked from libc and libgcc, which push at most a few registers."""

VARIATION = 32
"""Bytes by which another model's sizes, as constants in the code, and alignment may lengthen the linked code."""


def measure_code(projects: Mapping[str, Path], core: str, optimization: str) -> dict[str, int]:
    """Return code bytes of each kernel, of `nn_gemm` and of each runtime, and the deepest `stack` below `model_run`.

    `projects` are named after the runtimes they link; the first must use every kernel. A runtime is `model.c`, what is
    linked from libc and libgcc, and `VARIATION`.

    Raises:
        ToolchainError: if the cross compiler is missing or fails.
    """
    directory, *others = projects.values()
    sources = ["main.c", "port_semihosting.c", "model.c", *sorted(f"kernels/{kernel}.c" for kernel in KERNELS)]
    sources.append("kernels/nn_gemm.c")
    objects = {Path(source).stem: _compiled(directory, source, core, optimization) for source in sources}
    text = {stem: _code_size(path) for stem, path in objects.items()}
    code = {stem: _code_size(path, constants=False) for stem, path in objects.items()}
    libraries = elf_sizes(build_arm(directory, core, optimization=optimization)).text - sum(code.values())
    sizes = {stem: size for stem, size in text.items() if stem.startswith("nn_")}
    models = [objects.pop("model"), *(_compiled(other, "model.c", core, optimization) for other in others)]
    # model_input and others that the example does not call are dropped by the linker.
    sizes |= {name: _code_size(path) + libraries + VARIATION for name, path in zip(projects, models, strict=True)}
    graphs = "\n".join(_call_graph(path) for path in objects.values())
    sizes["stack"] = max(deepest_stack(graphs + "\n" + _call_graph(model), "model_run") for model in models)
    return sizes


def deepest_stack(call_graphs: str, root: str) -> int:
    """Return the deepest stack below and with `root`, from what `-fcallgraph-info=su` writes.

    A call through a pointer may reach any kernel.
    """
    nodes = re.findall(r'node: { title: "([^"]+)" label: "([^"]*)"', call_graphs)
    frames = {title: int(found.group(1)) for title, label in nodes if (found := re.search(r"(\d+) bytes \(", label))}
    calls: dict[str, set[str]] = {"__indirect_call": set(KERNELS)}
    for source, target in re.findall(r'edge: { sourcename: "([^"]+)" targetname: "([^"]+)"', call_graphs):
        calls.setdefault(source, set()).add(target)
    return _depth(root, frames, calls)


def _depth(function: str, frames: Mapping[str, int], calls: Mapping[str, set[str]]) -> int:
    own = 0 if function == "__indirect_call" else frames.get(function, LIBRARY_STACK)
    return own + max((_depth(called, frames, calls) for called in calls.get(function, ())), default=0)


def _compiled(directory: Path, source: str, core: str, optimization: str) -> Path:
    target = directory / "build" / f"{Path(source).stem}.o"
    target.parent.mkdir(exist_ok=True)
    flags = [*arm_flags(core, optimization), "-fcallgraph-info=su"]
    run_program(["arm-none-eabi-gcc", *flags, "-c", source, "-o", str(target.resolve())], directory=directory)
    return target


def _call_graph(path: Path) -> str:
    return path.with_suffix(".ci").read_text(encoding="utf-8")


def _code_size(path: Path, *, constants: bool = True) -> int:
    listing = run_program(["arm-none-eabi-size", "-A", str(path.resolve())], directory=path.parent)
    kinds = r"\.text|\.rodata" if constants else r"\.text"
    sections = re.findall(rf"^(?:{kinds})\S*\s+(\d+)\s", listing, re.MULTILINE)
    return sum(-(-int(size) // 4) * 4 for size in sections)
