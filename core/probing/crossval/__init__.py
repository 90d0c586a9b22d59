"""A probe judged on images that it has not seen, and kept as a run."""
