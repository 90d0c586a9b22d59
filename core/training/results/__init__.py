"""What a fine-tuning came to: its epochs, its gain over the probe, and how it compares with others."""
