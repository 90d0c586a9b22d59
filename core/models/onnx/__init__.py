"""A model as a graph for ONNX Runtime: written by torch's exporter, and only believed where it answers the same."""
