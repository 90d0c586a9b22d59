"""Simple classifiers on frozen features, and their honest comparison."""
