"""Samples to try Graft with: two that need no network, and five of torchvision's data sets."""
