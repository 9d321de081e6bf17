"""ProxylessNAS's search on a data set; the derived network is trained, quantized and delivered as ours are."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch

from evaluators import ClassificationData, Data
from evaluators.classification import ClassificationTask
from evaluators.evaluator import TaskEvaluator
from evaluators.proxyless.search import ProxylessSearch, Searched
from evaluators.proxyless.search_plan import plan_for
from prototypenas.app.catalogue import gather
from prototypenas.app.composition import compose_target
from prototypenas.app.given_data import GivenData, named_data
from prototypenas.app.model import TrainedModel
from prototypenas.app.proxyless_settings import ProxylessSettings
from prototypenas.app.run_settings import RunSettings
from prototypenas.app.settings import DEFAULT_TARGET
from prototypenas.app.training_composition import check_training, compose_training, load_data
from prototypenas.choices import choose
from prototypenas.costing.footprint import check_fits
from prototypenas.costing.latency import check_estimated
from prototypenas.costing.measurement import measure_network
from prototypenas.deployment.delivery import deliver
from prototypenas.errors import ConfigurationError
from prototypenas.oneshot.cost_table import CostTable, cost_table
from prototypenas.oneshot.regularisation import Regularisation
from prototypenas.progress import Progress, Silent
from prototypenas.runs.atomic_files import write_json
from prototypenas.runs.lock import locked
from prototypenas.runs.model_results import model_result
from prototypenas.runs.run_directory import check_place
from prototypenas.steps import Training
from prototypenas.types import Candidate, Scored, Target
from prototypenas.workers.threads import computing_threads
from search_spaces.fixed_network import FixedNetwork
from search_spaces.proxyless_supernet import SUPERNETS, SupernetSpace, build_supernet, derived_network

NAME = "proxyless-derived"
"""Of the derived network, as an architecture."""
NEAR = 0.1
"""By which share of what is wanted the cost may be off before `calibrate` searches again."""
MOST_SEARCHES = 3
SUMMARY = "proxyless.json"


@dataclass(frozen=True)
class ProxylessRun:
    """What the search arrived at."""

    path: Path
    """Holds a folder a search, the model's folder, and `proxyless.json`."""
    searches: tuple[Searched, ...]
    """All that were made; more than one only to calibrate."""
    searched: Searched
    """Of these the one whose cost is nearest to what was wanted."""
    costs: CostTable
    wanted: float
    """In milliseconds, or multiply-accumulates."""
    over_budget: str
    """Which limits of the target the network breaks, and by how much; empty where it fits."""
    model: TrainedModel
    """The derived network after training for itself, from new weights."""

    @property
    def processor_seconds(self) -> float:
        """Of all searches together."""
        return sum(search.processor_seconds for search in self.searches)

    @property
    def said(self) -> str:
        """Return in one line what was found and how near it is to what was wanted."""
        amount = self.costs.objective.amount
        off = self.searched.cost / self.wanted - 1
        fits = f"does not fit: {self.over_budget}" if self.over_budget else "fits"
        return (
            f"{amount(self.searched.cost)} found, {amount(self.wanted)} wanted ({off:+.0%}); {fits}; searches: "
            f"{len(self.searches)}, {self.processor_seconds / 60:.1f} processor minutes"
        )

    def __repr__(self) -> str:
        return f"<ProxylessRun {self.path}: {' '.join(self.searched.choices)}; {self.said}>"


def search_proxyless(
    data: GivenData,
    *,
    latency: str | float | None = None,
    macs: str | int | None = None,
    target: str = DEFAULT_TARGET,
    epochs: int | None = None,
    out: Path | str | None = None,
    seed: int = 0,
    device: str = "cpu",
    proxyless: ProxylessSettings | None = None,
    settings: RunSettings | None = None,
    progress: Progress | None = None,
) -> ProxylessRun:
    """Search as ProxylessNAS does, on the data themselves; train and deliver what is found. Called again it goes on.

    Args:
        data: name of a data set of images, path of your own, `(samples, labels)`, or a torch Dataset.
        latency: estimated latency that is wanted, `"50ms"` or milliseconds; or else
        macs: multiply-accumulates that are wanted, `"3M"` or a number.
        epochs: of the training of the derived network; derived from the data if not given.
        out: where it is kept; `runs/<data>-<target>-proxyless` if not given.
        proxyless: everything else about the search.
        settings: everything else about data, target and training.

    Raises:
        ConfigurationError: for a value that is not allowed, or a cost that no network of the space has.
        DatasetError: if the data cannot be read.
        TrainingError: if a training diverges.
    """
    base = settings or RunSettings()
    known = gather(base.parts.plugin, base.parts.target_files)
    label = Path(data).stem if isinstance(data, str | Path) else "data"
    folder = Path(out) if out is not None else default_place(label, target)
    dataset, place = named_data(data, known, base.data, folder)
    training = base.training if epochs is None else replace(base.training, epochs=epochs)
    given = replace(
        base,
        input=replace(base.input, dataset=dataset, seed=seed),
        data=place,
        target=replace(base.target, target=target),
        training=training,
    )
    wanted = proxyless or ProxylessSettings()
    if latency is not None:
        wanted = replace(wanted, latency=latency if isinstance(latency, str) else f"{latency:g}ms")
    if macs is not None:
        wanted = replace(wanted, macs=str(macs))
    return compose_proxyless(wanted, given, place=folder, device=device).run(progress or Silent())


def default_place(data: str, target: str) -> Path:
    """Return the folder where none is named."""
    return Path("runs") / f"{data}-{target}-proxyless"


@dataclass(frozen=True)
class ProxylessWay:
    """Everything that a search and what follows it are told."""

    place: Path
    space: SupernetSpace
    search: ProxylessSearch
    training: Training
    target: Target
    calibrate: bool

    def run(self, progress: Progress) -> ProxylessRun:
        """Search, derive, train, quantize, deliver; what is finished is read back."""
        self.place.mkdir(parents=True, exist_ok=True)
        with locked(self.place), computing_threads(self.training.threads):
            searches = tuple(self._searches(progress))
            wanted = self.search.wanted.reference
            nearest = min(searches, key=lambda one: abs(one.cost - wanted))
            network = derived_network(self.space, nearest.choices, NAME)
            candidate, over = self._priced(network)
            model = self._trained(network, candidate, progress)
            found = ProxylessRun(self.place, searches, nearest, self.search.costs, wanted, over, model)
            write_json(self.place / SUMMARY, self._summary(found))
        return found

    def _searches(self, progress: Progress) -> Iterator[Searched]:
        """Search once, or up to three times until the cost is near; all are kept."""
        search = self.search
        for attempt in range(MOST_SEARCHES if self.calibrate else 1):
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(self.training.seed)
                supernet = build_supernet(self.space, search.task.input_shape, search.task.num_classes)
            folder = self.place / "searches" / str(attempt + 1)
            seed, device = self.training.seed, self.training.device
            found = search.run(supernet, directory=folder, seed=seed, device=device, progress=progress)
            yield found
            off = found.cost / search.wanted.reference - 1
            if abs(off) <= NEAR:
                return
            weight = search.wanted.weight * (2.0 if off > 0 else 0.5)
            search = replace(search, wanted=replace(search.wanted, weight=weight))

    def _priced(self, network: FixedNetwork) -> tuple[Scored, str]:
        """Return the derived network with its cost, and which limits it breaks.

        Raises:
            ConfigurationError: if the target's memory cannot hold it.
        """
        task = self.search.task
        with torch.device("meta"):
            module = network(network.configuration, task.input_shape, task.num_classes)
        measured = measure_network(module, task.input_shape, self.target)
        check_fits(measured.cost, self.target)
        rejection = self.target.budget.rejection(measured.cost)
        built = Candidate(0, network.configuration).built(measured.cost, measured.graph.digest())
        return built.scored({}), rejection.detail if rejection else ""

    def _trained(self, network: FixedNetwork, candidate: Scored, progress: Progress) -> TrainedModel:
        training = replace(self.training, baselines={**self.training.baselines, NAME: network})
        folder = self.place / "model"
        training.evaluator.evaluate(
            candidate, network, directory=folder, seed=training.seed, device=training.device, progress=progress
        )
        deliver(folder, training.evaluator, self.target, name=NAME.replace("-", "_"), emulate=False)
        return TrainedModel(folder, model_result(folder, candidate, self.target), self.target, lambda: training)

    def _summary(self, found: ProxylessRun) -> dict[str, object]:
        return {
            "wanted": found.wanted,
            "cost": found.costs.objective.name,
            "over_budget": found.over_budget,
            "searches": [asdict(search) for search in found.searches],
            "searched": asdict(found.searched),
            "space": asdict(self.space),
            "target": self.target.name,
            "seed": self.training.seed,
        }


def compose_proxyless(
    wanted: ProxylessSettings, settings: RunSettings, *, place: Path | None, device: str
) -> ProxylessWay:
    """Return the whole way; what can be refused without data is refused first.

    Raises:
        ConfigurationError: for an unknown name, a value that is not allowed, data that are no images, or a cost that
            no network of the space has.
        DatasetError: if the data cannot be read.
        RunDirectoryError: if the place cannot be written.
    """
    given = settings.input
    catalogue = gather(settings.parts.plugin, settings.parts.target_files)
    goal = compose_target(catalogue, settings.target)
    space = choose("space", wanted.space, SUPERNETS)
    cost, reference = wanted.wanted
    Regularisation(reference, wanted.cost_weight, wanted.cost_form)  # refuses what is not allowed
    check_estimated([cost], goal)
    check_training(settings.training)
    if settings.training.pretrain is not None:
        raise ConfigurationError("--pretrain is for architectures of our search; a derived network learns from nothing")
    check_place(place or default_place(str(given.dataset), goal.name))
    loaded = load_data(catalogue, given.dataset, settings.data, input_size=given.input_size)
    training = compose_training(
        catalogue,
        _images(loaded),
        given.dataset,
        settings.data,
        settings.training,
        input_size=given.input_size,
        seed=given.seed,
        device=device,
    )
    search = _composed_search(wanted, space, goal, training)
    named = place or default_place(training.dataset, goal.name)
    return ProxylessWay(named, space, search, training, goal, wanted.calibrate)


def _composed_search(
    wanted: ProxylessSettings, space: SupernetSpace, target: Target, training: Training
) -> ProxylessSearch:
    assert isinstance(training.evaluator, TaskEvaluator)
    task = training.evaluator.task
    assert isinstance(task, ClassificationTask)
    cost, reference = wanted.wanted
    with torch.device("meta"):
        shapes = build_supernet(space, task.input_shape, task.num_classes)
    costs = cost_table(shapes, task.input_shape, target, cost)
    costs.check_reachable(reference)
    plan = plan_for(
        len(task.train),
        warmup_epochs=wanted.warmup_epochs,
        joint_epochs=wanted.joint_epochs,
        held_out_share=wanted.held_out,
        augmentation=training.evaluator.recipe.augmentation,
    )
    return ProxylessSearch(task, plan, costs, Regularisation(reference, wanted.cost_weight, wanted.cost_form))


def _images(data: Data) -> ClassificationData:
    if not isinstance(data, ClassificationData) or not data.is_image:
        raise ConfigurationError(f"{data.name} are no pictures of classes; ProxylessNAS's networks take these only")
    return data
