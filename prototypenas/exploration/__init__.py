"""Step 1: sample configurations, reject what does not fit, score the rest."""
