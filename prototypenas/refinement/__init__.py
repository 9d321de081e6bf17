"""Between exploration and selection: short trainings tell which of the promising candidates learn."""
