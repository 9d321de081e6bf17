"""What trainings share: networks learnt beforehand, and how they are taken over."""
