"""What the Data page has for itself."""
