"""Commands that judge finished models."""
