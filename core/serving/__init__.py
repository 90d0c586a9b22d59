"""A model behind a small HTTP endpoint."""
