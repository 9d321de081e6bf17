"""The over-parameterised network: a stem, one mixed edge after the other, a head."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from prototypenas.oneshot.mixed_edge import INITIAL_DEVIATION, MixedEdge


class Supernet(nn.Module):
    """All candidate networks of a search in one; what runs is what was drawn last."""

    def __init__(self, stem: nn.Module, edges: Sequence[MixedEdge], head: nn.Module) -> None:
        super().__init__()
        self.stem = stem
        self.edge_list = nn.ModuleList(edges)
        self.head = head

    def forward(self, inputs: Tensor) -> Tensor:
        """Map inputs `(N, C, H, W)` to logits `(N, num_classes)` over the drawn paths."""
        features = self.stem(inputs)
        for edge in self.edge_list:
            features = edge(features)
        logits: Tensor = self.head(features)
        return logits

    @property
    def edges(self) -> tuple[MixedEdge, ...]:
        """The places where something is chosen, in order."""
        return tuple(edge for edge in self.edge_list if isinstance(edge, MixedEdge))

    @property
    def alphas(self) -> list[nn.Parameter]:
        """The architecture parameters, edge by edge."""
        return [edge.alpha for edge in self.edges]

    @property
    def weighted(self) -> nn.ModuleList:
        """Everything that has weights, the architecture parameters left out."""
        return nn.ModuleList([self.stem, *(edge.candidates for edge in self.edges), self.head])

    def draw_alphas(self, generator: torch.Generator) -> None:
        """Begin with architecture parameters near 0, so that all candidates are about as probable."""
        with torch.no_grad():
            for alpha in self.alphas:
                drawn = torch.randn(len(alpha), generator=generator, dtype=alpha.dtype)
                alpha.copy_(INITIAL_DEVIATION * drawn)

    def draw_one(self, generator: torch.Generator) -> None:
        """Draw one path through the network."""
        for edge in self.edges:
            edge.draw_one(generator)

    def draw_two(self, generator: torch.Generator) -> None:
        """Draw a pair on every edge."""
        for edge in self.edges:
            edge.draw_two(generator)

    def choose(self, places: Sequence[int]) -> None:
        """Let one candidate of every edge run, by its place."""
        for edge, place in zip(self.edges, places, strict=True):
            edge.choose(place)

    def most_probable(self) -> tuple[int, ...]:
        """Return the place of the most probable candidate of each edge: the derived network."""
        return tuple(int(alpha.detach().argmax()) for alpha in self.alphas)

    def names_of(self, places: Sequence[int]) -> tuple[str, ...]:
        """Return the names of candidates, one an edge, by their places."""
        return tuple(edge.names[place] for edge, place in zip(self.edges, places, strict=True))

    def entropy(self) -> float:
        """Return the mean entropy of the edges' probabilities, in nats; it falls from the logarithm of their number."""
        found = [torch.special.entr(edge.probabilities().detach()).sum() for edge in self.edges]
        return float(torch.stack(found).mean())
