"""The photos: from a zip, a folder or a sample to a checked `Dataset` with splits. No torch."""
