"""Step 2: the few most meaningful trade-offs of the Pareto front."""

from prototypenas.selection.explanation import Reason
from prototypenas.selection.selection_space import DEFAULT_SPACE, SPACES
from prototypenas.selection.subset_selection import SOLVERS, Selection, restored_selection, select

__all__ = ["DEFAULT_SPACE", "SOLVERS", "SPACES", "Reason", "Selection", "restored_selection", "select"]
