"""Lists of labels beside the photos: found, read whatever they are written as, and matched with the photos."""
