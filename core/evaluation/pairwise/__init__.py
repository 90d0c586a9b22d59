"""Two classifiers on the same images: where they differ, and whether that may be chance."""
