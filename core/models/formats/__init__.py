"""A model in the formats of other runtimes, each made of its ONNX graph and believed only where it answers the same."""
