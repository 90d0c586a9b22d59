"""What the Runs page has for itself."""
