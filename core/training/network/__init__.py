"""The network in training: what of it learns, by which steps, and how it is judged."""
