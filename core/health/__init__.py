"""Is the data fit to learn from: what would ruin a model, found before one is trained."""
