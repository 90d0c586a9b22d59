"""Training images: how they are read, changed at random and mixed, batch by batch."""
