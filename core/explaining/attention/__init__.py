"""Where a model looks over a whole set of photos, and whether the border of photos gives classes away."""
