"""One script per data set, the paper's tables and figures, and comparisons."""
