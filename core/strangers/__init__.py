"""Photos that are none of a model's classes, told by how far their features are from the training photos."""
