"""One generation through a pool: priced, then scored once per network; the same result in any order of work."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from prototypenas.errors import RunDirectoryError
from prototypenas.exploration.candidate_evaluation import Evaluated, Seconds
from prototypenas.exploration.candidate_jobs import CandidatePool, Pricing, PricingDone, Scoring, ScoringDone
from prototypenas.exploration.verdict import UNSCORED
from prototypenas.types import Built, Candidate, Configuration, Explored, Invalid, Rejected, Scored

Listener = Callable[[list[Evaluated[Explored]]], None]
"""Called with candidates the moment they are finished, in the order of finishing."""


class Generations:
    """Evaluates one generation after the other; remembers all their networks, so that equal ones are scored once.

    Of equal networks the one with the lowest number is scored and the others take over its scores. To make that hold
    whatever finishes first, a candidate moves on only when all before it are priced. Scoring begins when all are, with
    those of most MACs: one that takes long at the end would let all workers but one wait.
    """

    def __init__(self, pool: CandidatePool, recorded: Mapping[int, Evaluated[Explored]], listener: Listener) -> None:
        self._pool = pool
        self._recorded = recorded
        self._listener = listener
        self._owners: dict[tuple[str, str], Built] = {}
        """By architecture and digest, the first candidate with a network: waiting for its scores, or finished."""
        self._besides = 0
        """Lowest number given to a configuration that is no candidate; those are numbered from -1 down."""
        self._reset()

    def evaluate(self, first: int, configurations: Sequence[Configuration]) -> list[Explored]:
        """Evaluate candidates numbered from `first`; those recorded already are taken as they are.

        Raises:
            RunDirectoryError: if a recorded candidate is not the one that is now asked for.
        """
        self._reset()
        numbers = range(first, first + len(configurations))
        for number, configuration in zip(numbers, configurations, strict=True):
            self._begin(Candidate(number, configuration))
        released = self._release(first)
        if released == numbers.stop:
            self._score_due()
        while len(self._final) < len(configurations):
            for finished in self._pool.finished():
                self._receive(finished)
            released = self._release(released)
            if released == numbers.stop:
                self._score_due()
            self._report()
        return [self._final[number] for number in numbers]

    def adopt(self, candidates: Iterable[Explored]) -> None:
        """Take in candidates that were finished before, without asking for them again."""
        for candidate in candidates:
            self._own(candidate)

    def price(self, configurations: Sequence[Configuration]) -> list[Evaluated[Invalid | Built]]:
        """Price configurations that are no candidates; they are neither scored nor recorded."""
        numbers = range(self._besides - 1, self._besides - 1 - len(configurations), -1)
        self._besides -= len(configurations)
        for number, configuration in zip(numbers, configurations, strict=True):
            self._pool.submit(Pricing(Candidate(number, configuration)))
        priced: dict[int, Evaluated[Invalid | Built]] = {}
        while len(priced) < len(configurations):
            for finished in self._pool.finished():
                priced[finished.result.candidate.number] = finished.result
        return [priced[number] for number in numbers]

    def _reset(self) -> None:
        # Each candidate of the generation is in exactly one of these at a time: with the pool, `_priced` (waiting for
        # those before it), `_due` (to be scored), `_repeats` (waiting for an equal network), `_final`.
        self._priced: dict[int, Evaluated[Invalid | Built]] = {}
        """By number, until all before them are priced too."""
        self._due: list[Built] = []
        """First of their network and fitting, to be scored once the whole generation is priced."""
        self._repeats: dict[int, list[Built]] = defaultdict(list)
        """Candidates that take over the scores of another, by its number."""
        self._final: dict[int, Explored] = {}
        """Finished, by number."""
        self._pricing: dict[int, Seconds] = {}
        """What pricing took of those that are to be scored or are being scored, by number."""
        self._news: list[Evaluated[Explored]] = []
        """Finished since the listener was told last."""

    def _begin(self, candidate: Candidate) -> None:
        known = self._recorded.get(candidate.number)
        if known is None:
            self._pool.submit(Pricing(candidate))
        elif known.candidate.configuration == candidate.configuration:
            self._priced[candidate.number] = known
        else:
            raise RunDirectoryError(
                f"candidate {candidate.number} of the journal is {known.candidate.configuration}, but this exploration "
                f"asks for {candidate.configuration}; it was made by another version of this program or of a "
                "library, start in another folder"
            )

    def _receive(self, finished: PricingDone | ScoringDone) -> None:
        number = finished.result.candidate.number
        if isinstance(finished, PricingDone):
            self._priced[number] = finished.result
            return
        pricing = self._pricing.pop(number)
        self._finish(replace(finished.result, seconds=pricing + finished.result.seconds))

    def _release(self, number: int) -> int:
        """Move on with every candidate of which all before it are priced; gives the first that waits."""
        while number in self._priced:
            self._advance(self._priced.pop(number))
            number += 1
        return number

    def _advance(self, priced: Evaluated[Invalid | Built]) -> None:
        candidate = priced.candidate
        if candidate.number in self._recorded:
            known = self._recorded[candidate.number].candidate
            self._final[known.number] = known
            self._own(known)
        elif isinstance(candidate, Invalid | Rejected):
            self._finish(Evaluated(candidate, priced.seconds))
        else:
            self._score_or_repeat(candidate, priced.seconds)

    def _own(self, finished: Explored) -> None:
        if isinstance(finished, Built):
            self._owners.setdefault(_network(finished), finished)

    def _score_or_repeat(self, candidate: Built, seconds: Seconds) -> None:
        owner = self._owners.setdefault(_network(candidate), candidate)
        if isinstance(owner, Rejected | Scored):
            self._finish(Evaluated(_repeated(candidate, owner), seconds))
        elif owner.number == candidate.number:
            self._pricing[candidate.number] = seconds
            self._due.append(candidate)
        else:
            self._repeats[owner.number].append(candidate)

    def _score_due(self) -> None:
        for candidate in sorted(self._due, key=lambda one: one.cost.macs, reverse=True):
            self._pool.submit(Scoring(candidate))
        self._due = []

    def _finish(self, item: Evaluated[Explored]) -> None:
        candidate = item.candidate
        self._final[candidate.number] = candidate
        self._news.append(item)
        if isinstance(candidate, Invalid):
            return
        network = _network(candidate)
        if network in self._owners and self._owners[network].number == candidate.number:
            self._owners[network] = candidate
        for repeat in self._repeats.pop(candidate.number, ()):
            self._finish(Evaluated(_repeated(repeat, candidate)))

    def _report(self) -> None:
        if self._news:
            self._listener(self._news)
            self._news = []


def count_repeated(candidates: Iterable[Explored]) -> int:
    """Count candidates whose network fits and was met before under a lower number."""
    seen: set[tuple[str, str]] = set()
    repeated = 0
    for candidate in candidates:
        if isinstance(candidate, Invalid) or not _reached_the_proxies(candidate):
            continue
        network = _network(candidate)
        repeated += network in seen
        seen.add(network)
    return repeated


def _network(candidate: Built) -> tuple[str, str]:
    return candidate.configuration.architecture, candidate.digest


def _repeated(candidate: Built, owner: Rejected | Scored) -> Rejected | Scored:
    return candidate.scored(owner.scores) if isinstance(owner, Scored) else candidate.rejected(owner.rejection)


def _reached_the_proxies(candidate: Rejected | Scored) -> bool:
    return isinstance(candidate, Scored) or candidate.rejection.kind in UNSCORED
