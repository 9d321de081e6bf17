"""One place of an over-parameterised network: several candidate blocks, of which only drawn ones run.

ProxylessNAS (Cai, Zhu, Han 2019, section 3.2): each candidate has an architecture parameter α, its probability is the
softmax. Weights are trained on one drawn path. Architecture parameters are trained on two drawn paths, one of which is
active; the gradient of binary gates stands for that of the probabilities.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

INITIAL_DEVIATION = 1e-3
"""Of the normal distribution that α is drawn from."""


class MixedEdge(nn.Module):
    """Candidate blocks over the same input shape and to the same output shape; `alpha` is their logits.

    `alpha` is in double precision, so that many small steps add up.
    """

    def __init__(self, candidates: Mapping[str, nn.Module]) -> None:
        super().__init__()
        self.names = tuple(candidates)
        self.candidates = nn.ModuleList(candidates.values())
        self.alpha = nn.Parameter(torch.zeros(len(self.names), dtype=torch.float64))
        self.active = 0
        self.other: int | None = None
        """The second of a drawn pair; `None` where one path was drawn."""
        self.gates: Tensor | None = None
        """Of active and other path, `[1, 0]`: a leaf whose gradient is that of the binary gates."""

    def forward(self, inputs: Tensor) -> Tensor:
        """Run the active path; the other of a pair too, for the gradient of its gate only.

        The other path keeps nothing for the backward pass but its output, so that a pair needs hardly more memory
        than one path.
        """
        outputs: Tensor = self.candidates[self.active](inputs)
        if self.other is None or self.gates is None:
            return outputs
        with torch.no_grad():
            other = self.candidates[self.other](inputs)
        active_gate, other_gate = self.gates.to(outputs.dtype)
        gated: Tensor = active_gate * outputs + other_gate * other
        return gated

    def probabilities(self) -> Tensor:
        """Return the probability of each candidate, differentiable by `alpha`."""
        return self.alpha.softmax(dim=0)

    def pair_probabilities(self) -> Tensor:
        """Return the probabilities within the drawn pair, 0 elsewhere, differentiable by `alpha`."""
        pair = self._pair()
        return torch.zeros_like(self.alpha).index_add(0, pair, self.alpha[pair].softmax(dim=0))

    def choose(self, active: int, other: int | None = None) -> None:
        """Let one path run, or a pair of which the first is active."""
        self.active, self.other = active, other
        self.gates = None
        if other is not None:
            self.gates = torch.tensor([1.0, 0.0], device=self.alpha.device, requires_grad=True)

    def draw_one(self, generator: torch.Generator) -> None:
        """Draw the path that runs, by the probabilities."""
        self.choose(int(torch.multinomial(self._detached(), 1, generator=generator)))

    def draw_two(self, generator: torch.Generator) -> None:
        """Draw two paths without replacement, and by the probabilities within the pair which of them is active.

        Where there is one candidate, it is chosen and has no gates.
        """
        if len(self.names) == 1:
            self.choose(0)
            return
        probabilities = self._detached()
        first, second = torch.multinomial(probabilities, 2, generator=generator).tolist()
        swapped = int(torch.multinomial(probabilities[[first, second]], 1, generator=generator))
        self.choose(*((second, first) if swapped else (first, second)))

    def gate_gradient(self, by_gates: Tensor) -> Tensor:
        """Return the loss's gradient by `alpha`, given its gradient by the two gates; zero outside the pair.

        `∂L/∂α_i = Σ_j ∂L/∂g_j p_j (δ_ij - p_i)` over the pair (equation 4 of the publication). A pair with an
        identity in it is no exception, as it is in the published program, where such a pair leaves α as it was.
        """
        pair = self._pair()
        share = self.alpha.detach()[pair].softmax(dim=0)
        gradient = by_gates.to(share)
        within = share * (gradient - (share * gradient).sum())
        return torch.zeros_like(self.alpha).index_add(0, pair, within).detach()

    def rescale(self, before: Tensor) -> None:
        """Shift both α of the pair alike, so that the pair keeps the probability it had with `alpha` as `before`.

        Only what was drawn is compared; the step says nothing of the others.
        """
        pair = self._pair()
        with torch.no_grad():
            self.alpha[pair] -= self.alpha[pair].logsumexp(dim=0) - before[pair].logsumexp(dim=0)

    def _pair(self) -> Tensor:
        drawn = [self.active] if self.other is None else [self.active, self.other]
        return torch.tensor(drawn, device=self.alpha.device)

    def _detached(self) -> Tensor:
        return self.probabilities().detach().cpu()
