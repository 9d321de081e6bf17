"""Detection as a task: what is assigned, lost, varied and scored."""
