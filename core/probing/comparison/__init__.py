"""Backbones against each other on the same folds: the results, the verdict, and what is kept of them."""
