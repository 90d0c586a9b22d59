"""What the Fine-tune page has for itself."""
