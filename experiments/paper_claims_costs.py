"""Claims of the paper about memory, latency, time and quantization; `experiments.paper_claims` prints them."""

from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd

from experiments.claim import NOT_RUN, Claim, Finding
from experiments.own_space import RESULTS, load
from experiments.paper_values import TABLE_2, TABLE_3
from experiments.ranking_on_own_space import DRAWN, choices
from prototypenas.costing.targets import load_targets

SETS = ("cifar10", "digits", "sisfall")
SIMILAR = 1.25
"""Largest over smallest of values that may be called very similar."""
LINEAR = 1.5
"""The same of milliseconds per MFLOP, between the 5th and the 95th percentile, of what may be called linear."""
SIGNIFICANT = 1.0
"""Points of accuracy that quantization may cost before it drops significantly."""
FEW_MINUTES = 10.0
SECOND_HAND_RAM_KB = 256.0
"""The RAM limit that a summary of the paper reports."""
DRAWS = 5


def ram_is_similar() -> Claim:
    """The largest RAM of the five is at most `SIMILAR` times the smallest; ours are the paper's rule on our tables."""
    spreads = {f"Table {table.number}": max(table.ram_kb) / min(table.ram_kb) for table in (TABLE_2, TABLE_3)}
    ours = {data: float(np.median(_ram_spreads(data))) for data in SETS}
    return Claim(
        "RAM is very similar across the five models",
        "4.2",
        Finding(
            max(spreads.values()) <= SIMILAR,
            "; ".join(f"{name}: largest {spread:.2f} times the smallest" for name, spread in spreads.items()),
        ),
        Finding(
            max(ours.values()) <= SIMILAR,
            "; ".join(f"{data}: {spread:.1f} times" for data, spread in ours.items())
            + f" (five chosen by the paper's rule of {DRAWN} drawn, median of {DRAWS} draws)",
        ),
    )


def memory_fits() -> Claim:
    """Every chosen model is within the limits of the target: flash by our budget, RAM by the one reported."""
    limit = load_targets()["imxrt1062"].budget.rom_bytes or 0
    most = max(chain(TABLE_2.rom_kb, TABLE_3.rom_kb))
    ram = {table.number: max(table.ram_kb) for table in (TABLE_2, TABLE_3)}
    fits = 1000 * most <= limit and max(ram.values()) <= SECOND_HAND_RAM_KB
    tables = [load(data) for data in SETS]
    budget = load_targets()["stm32f746"].budget
    largest = {name: max(int(table[name].max()) for table in tables) for name in ("ram_bytes", "rom_bytes")}
    held = largest["ram_bytes"] <= (budget.ram_bytes or 0) and largest["rom_bytes"] <= (budget.rom_bytes or 0)
    return Claim(
        "All chosen models keep within the memory of the target",
        "4.1, Tables 2 and 3",
        Finding(
            fits,
            f"ROM at most {most:.0f} kB of our budget of {limit / 1000:.0f} kB; RAM up to {ram[2]:.1f} kB in Table 2 "
            f"and {ram[3]:.1f} kB in Table 3, of {SECOND_HAND_RAM_KB:.0f} kB, reported second-hand",
        ),
        Finding(
            held,
            f"{sum(map(len, tables))} networks of our tables: at most {largest['ram_bytes'] / 1000:.0f} kB of RAM and "
            f"{largest['rom_bytes'] / 1000:.0f} kB of ROM on an STM32F746, which is what they were drawn to fit",
        ),
    )


def latency_follows_flops() -> Claim:
    """Milliseconds per MFLOP are about the same for all networks."""
    ours, holds = [], True
    for data in SETS:
        table = load(data)
        each = table["latency_ms"].to_numpy(float) / (table["flops"].to_numpy(float) / 1e6)
        low, high = np.percentile(each, (5, 95))
        linear = np.corrcoef(table["latency_ms"].to_numpy(float), table["flops"].to_numpy(float))[0, 1]
        holds = holds and high / low <= LINEAR
        ours.append(f"{data}: {low:.1f} to {high:.1f} ms a MFLOP, r {linear:.2f}")
    return Claim(
        "Latency and energy grow linearly with FLOPs",
        "4.2",
        Finding(
            False,
            "753 ms at 151.0 MFLOPs and 635 ms at 215.3 MFLOPs, reported second-hand: 5.0 and 2.9 ms a MFLOP; 254.5 mJ "
            "in 753 ms are 338 mW",
        ),
        Finding(holds, "; ".join(ours) + " (estimate for an STM32F746, 5th to 95th percentile)"),
    )


def search_takes_minutes() -> Claim:
    """500 candidates are scored by the four proxies in a few minutes of one core."""
    minutes = {data: 500 * float(load(data)["seconds_four"].mean()) / 60 for data in SETS}
    return Claim(
        "500 trials take minutes",
        "1",
        NOT_RUN,
        Finding(
            max(minutes.values()) <= FEW_MINUTES,
            "; ".join(f"{data}: {each:.1f} minutes" for data, each in minutes.items())
            + " for the paper's four proxies on one core, at 32 pixels or 512 samples",
        ),
    )


def quantization_hurts_series(results: Path = RESULTS) -> Claim:
    """Quantization after training costs more than `SIGNIFICANT` points on time series."""
    rows = pd.read_csv(results / "sisfall.csv")
    drop = 100 * (rows["network"] - rows["network_int8"])
    trained = results / "ptq_against_qat.csv"
    said = f"SisFall: {drop.mean():.1f} points in the mean over {len(drop)} trainings, at most {drop.max():.1f}"
    holds = float(drop.mean()) > SIGNIFICANT
    if trained.exists():
        pairs = pd.read_csv(trained)
        costs = [100 * float((pairs["unquantized"] - pairs[way]).mean()) for way in ("ptq", "qat")]
        said += f"; another network there: {costs[0]:.1f} after training, {costs[1]:.1f} with aware epochs"
        holds = holds or costs[0] > SIGNIFICANT
    return Claim(
        "Quantization after training costs much accuracy on time series",
        "4.3",
        NOT_RUN,
        Finding(holds, said),
    )


def quantization_is_searched() -> Claim:
    """What the abstract says is searched stands in Table 1."""
    return Claim(
        "The quantization scheme is optimised in the search",
        "abstract, 3.1",
        Finding(False, "Table 1 lists architecture, depth, kernel and stride, width, sparsity; all models are int8"),
        Finding(False, "as in the paper's Table 1: int8 throughout"),
    )


def six_architectures() -> Claim:
    """As many image architectures are named as are said to be searched."""
    return Claim(
        "Six baseline architectures for images",
        "4.1",
        Finding(False, "four are named: MobileNetV2, ResNet18, SqueezeNet, MbedNet"),
        Finding(True, "these four, ProxylessNAS and MCUNet; MbedNet is our reconstruction"),
    )


COST_CLAIMS: Sequence[Callable[[], Claim]] = (
    ram_is_similar,
    memory_fits,
    latency_follows_flops,
    search_takes_minutes,
    quantization_hurts_series,
    quantization_is_searched,
    six_architectures,
)


def _ram_spreads(data: str) -> list[float]:
    table, rule = load(data), choices(data)["paper's rule"]
    spreads = []
    for seed in range(DRAWS):
        size = min(DRAWN, len(table))
        drawn = table.iloc[np.random.default_rng(seed).choice(len(table), size, replace=False)]
        ram = drawn.iloc[rule(drawn)]["ram_bytes"].to_numpy(float)
        spreads.append(float(ram.max() / ram.min()))
    return spreads
