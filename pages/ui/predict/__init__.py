"""What the Predict & export page has for itself."""
