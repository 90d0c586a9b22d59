"""The dashboard's pages, a short script each, and in `ui` what they share and what each has for itself."""
