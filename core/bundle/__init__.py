"""Taking a model home: one zip, written and read back without pickle."""
