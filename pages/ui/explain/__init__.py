"""What the Explain page has for itself."""
