"""Everything about quality, computed from `Predictions` alone. No torch."""
