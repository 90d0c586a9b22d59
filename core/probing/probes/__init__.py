"""Simple classifiers on features: their kinds, how a setting is tuned, and what a fitted one is."""
