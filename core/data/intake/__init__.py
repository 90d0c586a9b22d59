"""The photos come in: judged, decoded elsewhere, kept under their hash, and laid in their place whole or not at all."""
