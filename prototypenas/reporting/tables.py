"""Every table of a report as plain text cells; the page, the terminal and the tests read the same ones."""

from collections import Counter
from collections.abc import Sequence

from prototypenas.objectives import COSTS, Objective
from prototypenas.reporting.report_data import ModelResult, ReportData
from prototypenas.reporting.table import ABSENT, Table
from prototypenas.runs.dataset_summary import DatasetSummary
from prototypenas.selection import Selection
from prototypenas.types import Built, Candidate, Explored, Footprint, Scored, metric_name

FAILURES = {
    "invalid": "no such network can be built",
    "ram": "more RAM than the budget",
    "rom": "more ROM than the budget",
    "flops": "more FLOPs than the budget",
    "macs": "more MACs than the limit",
    "parameters": "more parameters than the limit",
    "latency": "slower than the limit",
    "energy": "more energy than the limit",
    "proxy": "a proxy cannot score it",
    "worker": "its worker died",
}

_PRICED = (COSTS["flops"], COSTS["ram"], COSTS["rom"])
"""What every table of candidates says of cost."""


def final_table(models: Sequence[ModelResult]) -> Table:
    """What each chosen model costs and how well it does, in order of FLOPs; sizes in kB (1,000 bytes) as the paper."""
    metric = next((_metric(model) for model in models if model.evaluation), "accuracy")
    headers = (
        "Trial",
        "Architecture",
        "MFLOPs",
        "MMACs",
        "RAM [kB]",
        "ROM [kB]",
        f"Float {metric} [%]",
        f"int8 {metric} [%]",
        f"C {metric} [%]",
        "Latency [ms]",
    )
    return Table(headers, tuple(_final_row(model) for model in models), names=2)


def details_table(models: Sequence[ModelResult]) -> Table:
    """Further scores of each int8 model in percent; without rows where there are none."""
    details = {model.candidate.number: model.evaluation.details for model in models if model.evaluation is not None}
    names = tuple(dict.fromkeys(name for scores in details.values() for name in scores))
    rows = tuple(
        (str(number), *(_percent(scores.get(name)) for name in names)) for number, scores in details.items() if scores
    )
    return Table(("Trial", *(f"{name} [%]" for name in names)), rows)


def rejection_table(candidates: Sequence[Explored]) -> Table:
    """How many candidates were scored, and how many left out for which reason."""
    kinds = Counter(one.rejection.kind for one in candidates if not isinstance(one, Scored))
    scored = sum(isinstance(one, Scored) for one in candidates)
    rows = [("scored", "fits the target", str(scored), _share(scored, len(candidates)))]
    rows += [(kind, _failure(kind), str(count), _share(count, len(candidates))) for kind, count in kinds.most_common()]
    return Table(("Outcome", "Meaning", "Candidates", "Share"), tuple(rows), names=2)


def choice_table(selection: Selection) -> Table:
    """What each chosen model adds to the others, with its scores."""
    objectives = selection.objectives
    headers = ("Trial", "Why", "Only it covers", "Leads the chosen in", *(one.label for one in objectives))
    rows = []
    for candidate, reason in zip(selection.chosen, selection.reasons, strict=True):
        leads = ", ".join(
            one.label + (" (and the whole front)" if one.name in reason.best_of_front else "")
            for one in objectives
            if one.name in reason.leads
        )
        scores = [_shown(one, candidate) for one in objectives]
        alone = f"{100 * reason.exclusive_hypervolume:.1f} %"
        rows.append((str(candidate.number), reason.sentence, alone, leads or ABSENT, *scores))
    return Table(headers, tuple(rows), names=4)


def scale_table(selection: Selection) -> Table:
    """The normalisation and the reference point, in the objectives' own units."""
    scale = selection.normalisation
    rows = []
    for one, best, worst in zip(selection.objectives, scale.best, scale.worst, strict=True):
        sense = "minimised" if one.minimised else "maximised"
        reference = best + scale.reference * (worst - best)
        values = (one.oriented(value) / one.scale for value in (best, worst, reference))
        rows.append((one.label, sense, *(f"{value:.5g}" for value in values)))
    return Table(("Objective", "", "Best of front", "Worst of front", "Reference point"), tuple(rows), names=2)


def class_table(summary: DatasetSummary) -> Table:
    """Samples of each class in training and test, and of all together."""
    rows = [
        (name, f"{train:,}", f"{test:,}")
        for name, train, test in zip(summary.classes, summary.train_counts, summary.test_counts, strict=True)
    ]
    rows.append(("all", f"{sum(summary.train_counts):,}", f"{sum(summary.test_counts):,}"))
    if summary.boxes is not None:
        train, test = summary.boxes.pictures
        rows.append(("pictures", f"{train:,}", f"{test:,}"))
        return Table(("Boxes of", "Training", "Test"), tuple(rows))
    return Table(("Class", "Training", "Test"), tuple(rows))


def configuration_table(candidates: Sequence[Candidate]) -> Table:
    """The searched values of each chosen model (paper, Table 1)."""
    headers = ("Trial", "Architecture", "Width", "Depths", "Kernels", "Strides", "Sparsities")
    return Table(headers, tuple(map(_configuration_row, candidates)), names=2)


def candidate_table(candidates: Sequence[Scored], selection: Selection) -> Table:
    """Configuration, cost and scores of scored candidates, the chosen first, then the front."""
    front = {one.number for one in selection.front}
    chosen = {one.number for one in selection.chosen}
    objectives = [one for one in selection.objectives if one not in _PRICED]
    headers = ("Trial", "Architecture", "Standing", "Width", "Depths", "Kernels", "Strides", "Sparsities")
    rows = []
    for one in sorted(candidates, key=lambda one: (one.number not in chosen, one.number not in front, one.number)):
        standing = "chosen" if one.number in chosen else "front" if one.number in front else "fits"
        number, architecture, *searched = _configuration_row(one)
        values = (_shown(objective, one) for objective in (*_PRICED, *objectives))
        rows.append((number, architecture, standing, *searched, *values))
    return Table((*headers, *(objective.label for objective in (*_PRICED, *objectives))), tuple(rows), names=3)


def footprint_table(candidates: Sequence[Scored]) -> Table:
    """RAM and ROM of each chosen model as the sum of their parts, in bytes."""
    parts = tuple(Footprint.__dataclass_fields__)
    headers = ("Trial", *(part.removesuffix("_bytes") for part in parts), "RAM", "ROM")
    rows = []
    for candidate in candidates:
        footprint = candidate.cost.footprint
        values = [*(getattr(footprint, part) for part in parts), footprint.ram_bytes, footprint.rom_bytes]
        rows.append((str(candidate.number), *(f"{value:,}" for value in values)))
    return Table(headers, tuple(rows))


def statistics_rows(report: ReportData) -> tuple[tuple[str, str], ...]:
    """The run's own statistics, and the counts that follow from its candidates."""
    feasible = sum(isinstance(one, Scored) for one in report.candidates)
    different = len({one.digest for one in report.candidates if isinstance(one, Built)})
    counts = (
        ("Candidates explored", f"{len(report.candidates)}"),
        ("Different networks", f"{different}"),
        ("Fit the target and scored", f"{feasible} ({_share(feasible, len(report.candidates))})"),
        ("On the Pareto front", f"{len(report.selection.front)}"),
    )
    return (*counts, *report.statistics)


def _shown(objective: Objective, candidate: Scored) -> str:
    value = objective.value(candidate) / objective.scale
    return f"{value:,.1f}" if objective.scale != 1.0 else f"{value:.4g}"


def _configuration_row(candidate: Candidate) -> tuple[str, ...]:
    configuration = candidate.configuration
    groups = configuration.groups
    return (
        str(candidate.number),
        configuration.architecture,
        f"{configuration.width:.3f}",
        " ".join(str(group.depth) for group in groups),
        " ".join(str(group.kernel) for group in groups),
        " ".join(str(group.stride) for group in groups),
        " ".join(f"{group.sparsity:.2f}" for group in groups),
    )


def _final_row(model: ModelResult) -> tuple[str, ...]:
    candidate, evaluation = model.candidate, model.evaluation
    cost = candidate.cost
    footprint = cost.footprint
    return (
        str(candidate.number),
        candidate.configuration.architecture,
        f"{cost.flops / 1e6:.1f}",
        f"{cost.macs / 1e6:.1f}",
        f"{footprint.ram_bytes / 1e3:.1f}",
        f"{footprint.rom_bytes / 1e3:.1f}",
        _percent(evaluation.float_score if evaluation else None),
        _percent(evaluation.int8_score if evaluation else None),
        _percent(model.c_score),
        ABSENT if model.latency is None else f"{model.latency.latency_ms:.1f}",
    )


def _metric(model: ModelResult) -> str:
    assert model.evaluation is not None
    return metric_name(model.evaluation.metric)


def _failure(kind: str) -> str:
    return "; ".join(FAILURES.get(part, part) for part in kind.split("+"))


def _percent(share: float | None) -> str:
    return ABSENT if share is None else f"{100 * share:.2f}"


def _share(count: int, total: int) -> str:
    return f"{100 * count / total:.0f} %" if total else ABSENT
