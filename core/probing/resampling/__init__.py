"""Folds, parts of folds, and how the work for each is shared among the cores."""
