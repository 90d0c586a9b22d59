"""What the Evaluate page has for itself."""
