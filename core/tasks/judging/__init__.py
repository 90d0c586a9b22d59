"""Verbs that judge finished models by more than their own predictions, with their requests and results."""
