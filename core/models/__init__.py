"""A run or a bundle becomes a model, and a model goes into a bundle."""
